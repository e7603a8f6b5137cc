package import JetwayCore
internal import StrictJSON

/// Whom a rule is about. All that is given must hold; of each list one element.
package struct Who: Sendable, Hashable {
    package var subjects: [TextPattern]?
    /// Groups of the policy files.
    package var groups: [String]?
    package var tenants: [TextPattern]?
    package var methods: [Principal.Method]?
    package var claims: [Claim] = []
    package var from: [IPNetwork]?

    /// A fact about the caller, and the values of which it must have one.
    package struct Claim: Sendable, Hashable {
        package var source: ClaimSource
        package var values: [TextPattern]
    }

    package init() {}

    static func read(_ cursor: JSONCursor, sources: IdentitySources) -> Self? {
        cursor.object { object in
            var who = Self()
            who.subjects = object.optional("subject") { list in
                list.distinct { $0.parse { text throws(JSONMismatch) in try sources.subject(text) } }
            }
            who.groups = object.optional("group") { $0.distinct { $0.name() } }
            who.tenants = object.optional("tenant") { $0.patterns() }
            who.methods = object.optional("method") { $0.distinct { $0.choice(of: Principal.Method.self) } }
            who.claims = object.optional("claims", claims) ?? []
            who.claims += object.optional("certificate", certificate) ?? []
            who.from = object.optional("from") { $0.networks() }
            return who
        }
    }

    private static func claims(_ cursor: JSONCursor) -> [Claim]? {
        if cursor.value == .object([]) { cursor.report("must not be empty") }
        return cursor.members { name, cursor in
            if name.isEmpty { cursor.report("needs the name of a claim") }
            return cursor.patterns().map { Claim(source: ClaimSource(claim: name), values: $0) }
        }
    }

    private static func certificate(_ cursor: JSONCursor) -> [Claim]? {
        if cursor.value == .object([]) { cursor.report("must not be empty") }
        return cursor.object { object in
            let names = object.optional("san") { $0.patterns() }
            let issuer = object.optional("issuer") { $0.patterns() }
            let fingerprint = object.optional("fingerprint") { list in
                list.distinct { $0.parse { text throws(JSONMismatch) in try Self.fingerprint(text) } }
            }
            let found: [(ClaimSource, [TextPattern]?)] = [
                (.certificateName, names), (.certificateIssuer, issuer), (.certificateFingerprint, fingerprint),
            ]
            return found.compactMap { source, values in values.map { Claim(source: source, values: $0) } }
        }
    }

    /// SHA-256 in hex, in the form of the claim.
    private static func fingerprint(_ text: String) throws(JSONMismatch) -> TextPattern {
        let digits = text.lowercased().filter { $0 != ":" }
        guard digits.utf8.count == 64, digits.allSatisfy(\.isHexDigit) else {
            throw JSONMismatch("is no fingerprint", hint: "write the certificate's SHA-256 in 64 digits of hex")
        }
        return TextPattern(bytes: Array(digits.utf8), isPrefix: false)
    }
}

/// Where a fact about the caller stands.
package enum ClaimSource: Sendable, Hashable {
    case claim(String)
    /// The groups of the principal, whatever its source calls them.
    case groups
    /// Of callers that proved themselves by a certificate.
    case certificateName
    case certificateIssuer
    case certificateFingerprint

    package init(claim name: String) {
        self = name == "groups" ? .groups : .claim(name)
    }

    package var text: String {
        switch self {
        case .claim(let name): "claim \(name)"
        case .groups: "claim groups"
        case .certificateName: "certificate san"
        case .certificateIssuer: "certificate issuer"
        case .certificateFingerprint: "certificate fingerprint"
        }
    }

    /// Gives each of a principal's values.
    package func forEachValue(of principal: Principal, _ body: (String) -> Void) {
        func all(_ name: String) { principal.claims[name]?.forEach(body) }
        let hasCertificate = principal.method == .clientCertificate
        switch self {
        case .claim(let name): all(name)
        case .groups: principal.groups.forEach(body)
        case .certificateName:
            if hasCertificate { for name in ["san.uri", "san.dns", "san.email"] { all(name) } }
        case .certificateIssuer: if hasCertificate { all("issuer") }
        case .certificateFingerprint: if hasCertificate { all("fingerprint") }
        }
    }
}

extension JSONCursor {
    func networks() -> [IPNetwork]? {
        distinct { cursor in
            cursor.parse { text throws(JSONMismatch) in
                do throws(IPNetwork.Problem) {
                    return try IPNetwork(parsing: text)
                } catch {
                    throw JSONMismatch(error.description, hint: "write an address or a network, as in \"10.0.0.0/8\"")
                }
            }
        }
    }
}
