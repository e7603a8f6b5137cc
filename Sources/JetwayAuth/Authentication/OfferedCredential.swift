internal import FlightProtocol
package import JetwayCore
package import NIOHPACK

/// What a request's head offers as proof of who calls.
package enum OfferedCredential: Sendable, Equatable {
    case none
    /// `authorization: Basic`, or the `BasicAuth` of a handshake.
    case basic(user: String, password: String)
    /// `authorization: Bearer`, or the token of a handshake in `auth-token-bin`.
    case bearer(String)
    /// A key in a field of its own.
    case apiKey(String)
    /// Something that only an upstream may understand: another scheme, or a token that is no text.
    case other
    /// Nothing that anybody should take for a credential; the reason is for the log.
    case malformed(String)
}

/// Where credentials stand in a request's head.
package struct CredentialFields: Sendable {
    /// A user's name and a password in bytes; longer ones are refused unread.
    private static let longestUser = 256
    private static let longestPassword = 1024

    /// Fields that are read like `authorization`, which some drivers cannot send.
    private let tokenFields: [String]
    private let keyFields: [String]

    /// - Parameters:
    ///   - tokenFields: names of fields with `Basic …` or `Bearer …`.
    ///   - keyFields: names of fields with an API key.
    package init(tokenFields: [String], keyFields: [String]) {
        self.tokenFields = tokenFields.map { $0.lowercased() }
        self.keyFields = keyFields.map { $0.lowercased() }
    }

    /// All fields that hold credentials, so that they end at the gateway.
    package var names: FieldNames {
        FieldNames(tokenFields + keyFields + ["authorization", "auth-token-bin", "proxy-authorization"])
    }

    /// Everything in a head that may be a credential, as it stands there: names and values in turn. Equal ones are the same
    /// credential.
    package func shown(in headers: HPACKHeaders) -> [String] {
        var shown: [String] = []
        for (name, value, _) in headers
        where name == "auth-token-bin" || tokenFields.contains(name) || keyFields.contains(name) {
            shown.append(name)
            shown.append(value)
        }
        return shown
    }

    /// The one credential of a head. More than one is malformed: which of them counted would be anybody's guess.
    package func credential(in headers: HPACKHeaders) -> OfferedCredential {
        var found = OfferedCredential.none
        for (name, value, _) in headers {
            let offered: OfferedCredential
            if name == "auth-token-bin" {
                offered = Self.handshakeToken(value)
            } else if tokenFields.contains(name) {
                offered = Self.authorization(value)
            } else if keyFields.contains(name) {
                offered = .apiKey(value)
            } else {
                continue
            }
            if case .none = offered { continue }
            guard case .none = found else { return .malformed("more than one credential") }
            found = offered
        }
        return found
    }

    /// The token that a client got from a handshake. An empty one is none: drivers that log in by other means send it.
    static func handshakeToken(_ value: String) -> OfferedCredential {
        guard let tokens = BinaryMetadata.decodeList(value) else { return .malformed("auth-token-bin is not base64") }
        let present = tokens.filter { !$0.isEmpty }
        guard present.count <= 1 else { return .malformed("more than one credential") }
        guard let token = present.first else { return .none }
        guard let text = String(validating: token, as: UTF8.self), isVisible(text) else { return .other }
        return .bearer(text)
    }

    /// The value of an `authorization` field (RFC 9110 section 11.4): a scheme in any case, a space, and the rest.
    static func authorization(_ value: String) -> OfferedCredential {
        guard let space = value.utf8.firstIndex(of: UInt8(ascii: " ")) else {
            return .malformed("authorization without a scheme or without a credential")
        }
        let rest = value[value.utf8.index(after: space)...].drop { $0 == " " }
        switch value[..<space].lowercased() {
        case "basic": return basic(rest)
        case "bearer":
            guard !rest.isEmpty, isVisible(rest) else { return .malformed("an empty or unreadable bearer token") }
            return .bearer(String(rest))
        default: return .other
        }
    }

    /// `user:password` in base64, padded or not (RFC 7617).
    private static func basic(_ encoded: Substring) -> OfferedCredential {
        guard let bytes = BinaryMetadata.decode(encoded), let text = String(validating: bytes, as: UTF8.self),
            let colon = text.utf8.firstIndex(of: UInt8(ascii: ":"))
        else { return .malformed("Basic credentials that are not base64 of user:password") }
        return account(user: String(text[..<colon]), password: String(text[text.utf8.index(after: colon)...]))
    }

    /// A name and a password, from wherever they came.
    package static func account(user: String, password: String) -> OfferedCredential {
        guard !user.isEmpty, user.utf8.count <= longestUser,
            password.utf8.count <= longestPassword
        else { return .malformed("an empty name, or a name or password that is too long") }
        guard !user.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }), !password.utf8.contains(0) else {
            return .malformed("control characters in a name or password")
        }
        return .basic(user: user, password: password)
    }

    /// Visible ASCII only: what a token may be made of.
    private static func isVisible(_ text: some StringProtocol) -> Bool {
        text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
    }
}
