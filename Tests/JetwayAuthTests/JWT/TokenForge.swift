import Crypto
import FlightProtocol
import Foundation
import JetwayAuth
import JetwayCore

/// Makes tokens of any content, well or badly signed, and the keys for them.
struct TokenForge: Sendable {
    static let issuer = "https://idp.example.com"
    static let now = UnixTime(seconds: 1_900_000_060)
    static let header = #"{"alg":"ES256","kid":"one"}"#
    static let payload =
        #"{"iss":"https://idp.example.com","aud":"flight","sub":"alice","exp":1900003600,"nbf":1900000000,"iat":1900000000}"#

    let key = P256.Signing.PrivateKey()

    /// A JWK of the key; members may be added, or replaced.
    func jwk(id: String? = "one", algorithm: String? = "ES256", more: String = "") -> String {
        let point = key.publicKey.rawRepresentation
        var text = #"{"kty":"EC","crv":"P-256","x":"\#(Base64.url.encode(point.prefix(32)))""#
        text += #","y":"\#(Base64.url.encode(point.dropFirst(32)))""#
        if let id { text += #","kid":"\#(id)""# }
        if let algorithm { text += #","alg":"\#(algorithm)""# }
        return text + more + "}"
    }

    /// A token signed with the key.
    func token(header: String = header, payload: String = payload) throws -> String {
        try token(parts: "\(Base64.url.encode(header.utf8)).\(Base64.url.encode(payload.utf8))")
    }

    /// Signs what is there of a token.
    func token(parts: String) throws -> String {
        let signature = try key.signature(for: Data(parts.utf8))
        return "\(parts).\(Base64.url.encode(signature.rawRepresentation))"
    }

    static func keySet(_ keys: String...) -> [UInt8] {
        Array(#"{"keys":[\#(keys.joined(separator: ","))]}"#.utf8)
    }

    /// The payload with other members: `nil` leaves one out.
    static func payload(_ changes: KeyValuePairs<String, String?>) -> String {
        var members = [
            ("iss", #""https://idp.example.com""#), ("aud", #""flight""#), ("sub", #""alice""#), ("exp", "1900003600"),
            ("nbf", "1900000000"), ("iat", "1900000000"),
        ]
        for (name, value) in changes {
            members.removeAll { $0.0 == name }
            if let value { members.append((name, value)) }
        }
        return "{" + members.map { #""\#($0.0)":\#($0.1)"# }.joined(separator: ",") + "}"
    }

    static func settings(
        keys: JWTSettings.Keys = .file("keys.json"), algorithms: Set<SignatureAlgorithm> = [.es256]
    ) -> JWTSettings {
        JWTSettings(issuer: issuer, audiences: ["flight"], algorithms: algorithms, keys: keys)
    }

    /// An authority with the keys of a file.
    static func authority(_ settings: JWTSettings = settings(), keys: [UInt8]) async throws -> JWTAuthority {
        try await JWTAuthority(settings, keyFile: keys, fetcher: ScriptedFetcher()) { _ in }
    }
}

extension JWTVerdict {
    var principal: Principal? {
        if case .valid(let principal, _) = self { principal } else { nil }
    }

    var reason: String? {
        if case .invalid(let reason) = self { reason } else { nil }
    }
}
