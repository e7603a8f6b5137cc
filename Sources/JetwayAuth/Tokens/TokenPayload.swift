internal import JetwayCore

/// What a token says, in a form of Jetway's own: numbers in network order, texts and lists behind their lengths.
struct TokenPayload: Hashable {
    /// Of all parts together: a token is a header field's value, of which a request can hold only so much.
    static let largest = 4 << 10
    static let idCount = 12
    private static let version: UInt8 = 1
    /// Methods by number; the numbers never change.
    private static let methods: [(UInt8, Principal.Method)] = [
        (1, .basic), (2, .jwt), (3, .apiKey), (4, .clientCertificate), (5, .anonymous), (6, .passthrough),
        (7, .beforeLogin),
    ]

    var id: [UInt8]
    var principal: Principal
    /// When the caller logged in; renewals keep it.
    var loggedIn: UnixTime
    var issued: UnixTime
    var expires: UnixTime
    /// When the credential of the login ends, and with it every token that comes from it.
    var notAfter: UnixTime?

    // MARK: Writing

    /// The payload's bytes; nil if they are too many.
    func bytes(withClaims: Bool) -> [UInt8]? {
        var writer = PayloadWriter(limit: Self.largest)
        writer.byte(Self.version)
        writer.raw(id)
        for time in [loggedIn, issued, expires, notAfter ?? UnixTime(seconds: .max)] { writer.number(time.seconds) }
        writer.byte(Self.methods.first { $0.1 == principal.method }?.0 ?? 0)
        writer.text(principal.subject)
        writer.optional(principal.source)
        writer.optional(principal.tenant)
        writer.list(principal.groups)
        let claims = withClaims ? principal.claims.sorted { $0.key < $1.key } : []
        writer.count(claims.count)
        for (name, values) in claims {
            writer.text(name)
            writer.list(values)
        }
        return writer.isFull ? nil : writer.bytes
    }

    // MARK: Reading

    init(
        id: [UInt8], principal: Principal, loggedIn: UnixTime, issued: UnixTime, expires: UnixTime, notAfter: UnixTime?
    ) {
        self.id = id
        self.principal = principal
        self.loggedIn = loggedIn
        self.issued = issued
        self.expires = expires
        self.notAfter = notAfter
    }

    /// - Returns: nil for what this version did not write.
    init?(_ bytes: [UInt8]) {
        var reader = PayloadReader(bytes)
        guard reader.byte() == Self.version, let id = reader.raw(Self.idCount), let loggedIn = reader.number(),
            let issued = reader.number(), let expires = reader.number(), let notAfter = reader.number(),
            let principal = Self.principal(&reader), reader.isAtEnd
        else { return nil }
        self.init(
            id: id, principal: principal, loggedIn: UnixTime(seconds: loggedIn), issued: UnixTime(seconds: issued),
            expires: UnixTime(seconds: expires), notAfter: notAfter == .max ? nil : UnixTime(seconds: notAfter))
    }

    private static func principal(_ reader: inout PayloadReader) -> Principal? {
        guard let number = reader.byte(), let method = methods.first(where: { $0.0 == number })?.1,
            let subject = reader.text(), let source = reader.optional(), let tenant = reader.optional(),
            let groups = reader.list(), let count = reader.count()
        else { return nil }
        var claims: [String: [String]] = [:]
        for _ in 0..<count {
            guard let name = reader.text(), let values = reader.list() else { return nil }
            claims[name] = values
        }
        return Principal(
            subject: subject, method: method, source: source, groups: groups, tenant: tenant, claims: claims)
    }
}
