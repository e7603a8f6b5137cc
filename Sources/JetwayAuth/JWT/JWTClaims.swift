internal import JetwayCore
internal import StrictJSON

/// The claims of a token that are judged: who issued it, for whom, and when it is good.
struct JWTClaims: Hashable {
    /// 9999-12-31T23:59:59Z: what is later is no time but a mistake, or meant to overflow something.
    private static let latest: Int64 = 253_402_300_799

    let expires: UnixTime
    let notBefore: UnixTime?
    let issuedAt: UnixTime?

    init(_ payload: JSONMembers, settings: JWTSettings) throws(JWTProblem) {
        guard Self.isIssued(payload, by: settings.issuer) else { throw JWTProblem("\"iss\" is not the issuer") }
        guard Self.audiences(payload).contains(where: { name in settings.audiences.contains { $0.isExactly(name) } })
        else { throw JWTProblem("\"aud\" has none of the configured audiences") }
        guard let expires = try Self.time("exp", of: payload) else { throw JWTProblem("\"exp\" is missing") }
        self.expires = expires
        notBefore = try Self.time("nbf", of: payload)
        issuedAt = try Self.time("iat", of: payload)
    }

    static func isIssued(_ payload: JSONMembers, by issuer: String) -> Bool {
        payload.string("iss")?.isExactly(issuer) ?? false
    }

    /// Why the token is not good at a time.
    func problem(at now: UnixTime, skew: Int64) -> JWTProblem? {
        if now >= expires + skew { return JWTProblem("the token has expired") }
        if let notBefore, now + skew < notBefore { return JWTProblem("the token is not yet valid") }
        if let issuedAt, now + skew < issuedAt { return JWTProblem("the token was issued in the future") }
        return nil
    }

    /// RFC 7519 section 4.1.3: a string, or a list of strings. A list with anything else in it is none.
    private static func audiences(_ payload: JSONMembers) -> [String] {
        switch payload["aud"] {
        case .string(let name): return [name]
        case .array(let elements):
            let names = elements.compactMap { if case .string(let name) = $0 { name } else { nil } }
            return names.count == elements.count ? names : []
        default: return []
        }
    }

    /// RFC 7519 section 2: a number of seconds, which may have a fraction. It is cut off: at most a second too early.
    private static func time(_ name: String, of payload: JSONMembers) throws(JWTProblem) -> UnixTime? {
        switch payload[name] {
        case nil: return nil
        case .integer(let seconds) where (0...latest).contains(Int64(seconds)):
            return UnixTime(seconds: Int64(seconds))
        case .real(let seconds) where seconds >= 0 && seconds <= Double(latest):
            return UnixTime(seconds: Int64(seconds))
        default: throw JWTProblem("\"\(name)\" is not a time")
        }
    }
}
