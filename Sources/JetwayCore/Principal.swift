/// Who calls: what authentication found out, for every later stage, for rules, for logs. Never a secret.
public struct Principal: Sendable, Hashable {
    /// How a caller proved who it is.
    public enum Method: String, Sendable, Hashable, CaseIterable {
        case basic
        case jwt
        case apiKey
        case clientCertificate
        /// Nobody proved anything; the configuration lets such calls in under a fixed name.
        case anonymous
        /// The upstream judges the credentials itself; who calls is not known here.
        case passthrough
        /// An RPC that the configuration lets in before a login.
        case beforeLogin
    }

    /// The name, qualified by method and, where there can be several, by its source: `basic:alice`, `jwt:corp:alice`,
    /// `clientCertificate:spiffe://example.org/loader`. Equal names from two sources are two people.
    public let subject: String
    /// Groups as the source of the identity names them.
    public let groups: [String]
    public let tenant: String?
    public let method: Method
    /// The source among several of one method (the name of a JWT issuer); nil where there is only one.
    public let source: String?
    /// Further facts, such as a JWT's claims: by name, nested names joined by dots, each with its values as text.
    public let claims: [String: [String]]

    /// - Parameters:
    ///   - name: the name as the source knows it, not yet qualified.
    public init(
        name: String, method: Method, source: String? = nil, groups: [String] = [], tenant: String? = nil,
        claims: [String: [String]] = [:]
    ) {
        self.init(
            subject: Self.qualify(name, method: method, source: source), method: method, source: source, groups: groups,
            tenant: tenant, claims: claims)
    }

    /// - Parameter subject: already qualified, from a token that the gateway sealed.
    package init(
        subject: String, method: Method, source: String?, groups: [String], tenant: String?, claims: [String: [String]]
    ) {
        self.subject = subject
        self.method = method
        self.source = source
        self.groups = groups
        self.tenant = tenant
        self.claims = claims
    }

    /// `method:name`, or `method:source:name`.
    public static func qualify(_ name: String, method: Method, source: String? = nil) -> String {
        if let source { "\(method.rawValue):\(source):\(name)" } else { "\(method.rawValue):\(name)" }
    }
}
