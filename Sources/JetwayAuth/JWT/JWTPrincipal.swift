internal import JetwayCore
internal import StrictJSON

/// Makes a principal of a verified payload.
struct JWTPrincipal {
    private static let maxNameBytes = 256
    private static let maxGroups = 1024
    private static let maxClaims = 64
    private static let maxClaimBytes = 4 * 1024
    /// Claims that say nothing about who calls, and are judged already.
    private static let times: Set<String> = ["exp", "nbf", "iat"]

    private let payload: JSONMembers
    private var claims: [String: [String]] = [:]
    private var bytes = 0

    /// - Throws: `JWTProblem` where a claim is not what it has to be, or there are more than a principal holds.
    ///   Leaving some out instead would let a caller past a rule that denies by them.
    static func make(_ payload: JSONMembers, settings: JWTSettings) throws(JWTProblem) -> Principal {
        var maker = JWTPrincipal(payload: payload)
        for member in payload.list where !times.contains(member.name) { try maker.add(member.value, as: member.name) }
        let names = settings.claims
        return Principal(
            name: try maker.subject(names.subject), method: .jwt, source: settings.source,
            groups: try maker.groups(names.groups), tenant: try maker.tenant(names.tenant), claims: maker.claims)
    }

    private init(payload: JSONMembers) {
        self.payload = payload
    }

    private func subject(_ path: String) throws(JWTProblem) -> String {
        guard case .string(let name) = payload.find(path) else {
            throw JWTProblem("\"\(path)\" is missing or not a string")
        }
        // An address that its owner has not confirmed may be somebody else's (OpenID Connect Core section 5.7).
        if path == "email", payload["email_verified"] == .boolean(false) || payload.string("email_verified") == "false"
        {
            throw JWTProblem("\"email\" is not verified")
        }
        return try Self.name(name, of: path)
    }

    private func groups(_ path: String?) throws(JWTProblem) -> [String] {
        guard let path, let value = payload.find(path) else { return [] }
        var groups: [String] = []
        switch value {
        case .null: break
        // RFC 8693 section 4.2: scopes are one string with spaces between.
        case .string(let text) where path == "scope" || path == "scp":
            groups = text.split(separator: " ").map(String.init)
        case .string(let text): groups = [text]
        case .array(let elements):
            for element in elements {
                guard case .string(let text) = element else { throw JWTProblem("\"\(path)\" is not a list of strings") }
                groups.append(text)
            }
        default: throw JWTProblem("\"\(path)\" is not a list of strings")
        }
        guard groups.count <= Self.maxGroups else { throw JWTProblem("\"\(path)\" has more than \(Self.maxGroups)") }
        for group in groups { _ = try Self.name(group, of: path) }
        return groups
    }

    private func tenant(_ path: String?) throws(JWTProblem) -> String? {
        guard let path else { return nil }
        switch payload.find(path) {
        case nil, .null: return nil
        case .string(let name): return try Self.name(name, of: path)
        default: throw JWTProblem("\"\(path)\" is not a string")
        }
    }

    private static func name(_ text: String, of path: String) throws(JWTProblem) -> String {
        guard (1...maxNameBytes).contains(text.utf8.count), !text.hasControlCharacter else {
            throw JWTProblem("\"\(path)\" is empty, longer than \(maxNameBytes) bytes or has a control character")
        }
        return text
    }

    /// Adds a claim under its name, those of an object under `NAME.INNER`, those of a list all under one name.
    private mutating func add(_ value: JSONValue, as name: String) throws(JWTProblem) {
        if case .object(let members) = value {
            for member in members { try add(member.value, as: "\(name).\(member.name)") }
            return
        }
        // Two claims under one name would be taken for one another.
        guard claims[name] == nil else { throw JWTProblem("two claims are called \"\(name)\"") }
        var texts: [String] = []
        Self.collect(value, into: &texts)
        claims[name] = texts
        bytes += name.utf8.count + texts.reduce(0) { $0 + $1.utf8.count }
        guard claims.count <= Self.maxClaims, bytes <= Self.maxClaimBytes else {
            throw JWTProblem("there are more than \(Self.maxClaims) claims or \(Self.maxClaimBytes) bytes of them")
        }
    }

    private static func collect(_ value: JSONValue, into texts: inout [String]) {
        switch value {
        case .null: break
        case .boolean(let flag): texts.append(flag ? "true" : "false")
        case .integer(let number): texts.append(String(number))
        case .real(let number): texts.append("\(number)")
        case .string(let text): texts.append(text)
        case .array(let elements): for element in elements { collect(element, into: &texts) }
        // What is in a list of objects has no name of its own: it is not shown.
        case .object: break
        }
    }
}
