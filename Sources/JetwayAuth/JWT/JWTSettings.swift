/// What one method of type `jwt` is configured to accept.
package struct JWTSettings: Sendable, Hashable {
    /// Where the keys are.
    package enum Keys: Sendable, Hashable {
        /// A file with a JWK set or a single JWK. Read once: a reload makes a new authority.
        case file(String)
        /// A JWK set under an `https` address.
        case url(String)
        /// A JWK set under the address that the issuer's OpenID configuration names.
        case discovery
    }

    /// The claims to take the principal from. A dot leads into a nested object (`realm_access.roles`), unless the
    /// payload has a claim of that very name.
    package struct ClaimNames: Sendable, Hashable {
        package var subject = "sub"
        package var groups: String?
        package var tenant: String?

        package init() {}
    }

    /// What `iss` must be, byte for byte.
    package var issuer: String
    /// One of them must be in `aud`.
    package var audiences: [String]
    package var algorithms: Set<SignatureAlgorithm>
    package var keys: Keys
    package var claims = ClaimNames()
    /// The name of this issuer in subjects (`jwt:NAME:alice`); nil where it is the only one.
    package var source: String?
    /// Whether the token goes on to the upstream; of no meaning to the authority.
    package var forwards = false
    /// How far the issuer's clock and ours may differ.
    package var skewSeconds: Int64 = 60
    /// Keys older than this are asked for again while they go on being used.
    package var refreshSeconds: Int64 = 300
    /// At most one fetch for unknown key ids, and at most one after a failed fetch, in this time.
    package var cooldownSeconds: Int64 = 30
    /// Keys that could not be renewed for this long are used no more.
    package var maxStaleSeconds: Int64 = 3600
    package var fetchTimeout: Duration = .seconds(5)
    package var maxTokenBytes = 8 * 1024
    package var maxDocumentBytes = 256 * 1024

    package init(issuer: String, audiences: [String], algorithms: Set<SignatureAlgorithm>, keys: Keys) {
        self.issuer = issuer
        self.audiences = audiences
        self.algorithms = algorithms
        self.keys = keys
    }
}

/// Addresses that keys are fetched from.
enum SecureAddress {
    /// Whether an address is `https`, has a host, and has no user, fragment, white space or control character.
    static func isValid(_ address: String) -> Bool {
        let bytes = Array(address.utf8)
        let scheme = Array("https://".utf8)
        guard bytes.count > scheme.count, bytes.prefix(scheme.count).elementsEqual(scheme) else { return false }
        let authority = bytes.dropFirst(scheme.count).prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        guard let first = authority.first, first != UInt8(ascii: ":"), !authority.contains(UInt8(ascii: "@")) else {
            return false
        }
        return bytes.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") && $0 != UInt8(ascii: "\\") }
    }
}
