internal import Crypto
internal import FlightProtocol
internal import Foundation
package import JetwayCore

/// The key for signing identities cannot be used.
package struct IdentityKeyProblem: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String
}

/// Tells an upstream who calls, so that it can check it: a JWT, signed with ES256, for one upstream and for a minute.
package struct IdentitySigner: Sendable {
    /// How long a token is good.
    package static let lifetime: Int64 = 60

    /// The key's name: its thumbprint (RFC 7638), so that it changes with the key.
    package let keyID: String
    /// The public key as a JWK set (RFC 7517), for upstreams to fetch.
    package let publicKeySet: String
    private let key: P256.Signing.PrivateKey
    private let header: String

    /// - Parameter pem: a P-256 private key, in PKCS #8 or SEC 1 form.
    package init(pem: String) throws(IdentityKeyProblem) {
        guard let key = try? P256.Signing.PrivateKey(pemRepresentation: pem) else {
            throw IdentityKeyProblem(description: "needs a P-256 private key in PEM form, without a passphrase")
        }
        self.init(key)
    }

    init(_ key: P256.Signing.PrivateKey) {
        self.key = key
        let point = key.publicKey.rawRepresentation
        let (x, y) = (Base64.url.encode(point.prefix(32)), Base64.url.encode(point.dropFirst(32)))
        // RFC 7638 section 3.2: these members, in this order, without white space.
        let thumbprint = SHA256.hash(data: Data(#"{"crv":"P-256","kty":"EC","x":"\#(x)","y":"\#(y)"}"#.utf8))
        keyID = Base64.url.encode(thumbprint)
        publicKeySet = """
            {"keys":[{"kty":"EC","crv":"P-256","x":"\(x)","y":"\(y)","kid":"\(keyID)","use":"sig","alg":"ES256"}]}
            """
        header = Base64.url.encode(#"{"alg":"ES256","kid":"\#(keyID)","typ":"JWT"}"#.utf8)
    }

    /// - Parameters:
    ///   - audience: what the upstream takes itself for.
    ///   - random: what makes the token's id.
    package func sign(
        _ principal: Principal, audience: String, now: UnixTime,
        using random: inout some RandomNumberGenerator
    ) throws -> String {
        let input =
            "\(header).\(Base64.url.encode(payload(principal, audience: audience, now: now, using: &random).utf8))"
        let signature = try key.signature(for: Data(input.utf8))
        return "\(input).\(Base64.url.encode(signature.rawRepresentation))"
    }

    package func sign(_ principal: Principal, audience: String, now: UnixTime) throws -> String {
        var random = SystemRandomNumberGenerator()
        return try sign(principal, audience: audience, now: now, using: &random)
    }

    private func payload(
        _ principal: Principal, audience: String, now: UnixTime, using random: inout some RandomNumberGenerator
    ) -> String {
        let id = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        var text = #"{"iss":"jetway","sub":\#(Self.quote(principal.subject)),"aud":\#(Self.quote(audience))"#
        text += #","iat":\#(now.seconds),"exp":\#((now + Self.lifetime).seconds),"jti":"\#(Base64.url.encode(id))""#
        let groups = principal.groups.map(Self.quote).joined(separator: ",")
        text += #","method":"\#(principal.method.rawValue)","groups":[\#(groups)]"#
        if let tenant = principal.tenant { text += #","tenant":\#(Self.quote(tenant))"# }
        return text + "}"
    }

    /// A JSON string (RFC 8259 section 7).
    private static func quote(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                quoted += "\\"
                quoted.unicodeScalars.append(scalar)
            case "\u{0}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
