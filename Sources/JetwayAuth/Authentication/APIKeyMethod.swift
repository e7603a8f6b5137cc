package import JetwayCore

/// The API keys of a file as a way of authentication: in a field of their own, or as bearer tokens.
package struct APIKeyMethod: AuthenticationMethod {
    private let keys: APIKeys
    /// Whether there are other files with keys.
    private let isOneOfSeveral: Bool

    /// - Parameter isOneOfSeveral: whether keys that are not in the file may be in another method's.
    package init(_ keys: APIKeys, isOneOfSeveral: Bool = false) {
        self.keys = keys
        self.isOneOfSeveral = isOneOfSeveral
    }

    package var kind: Principal.Method { .apiKey }

    package func verdictAtOnce(_ attempt: LoginAttempt) -> LoginVerdict? {
        let text: String
        switch attempt.credential {
        case .apiKey(let key): text = key
        case .bearer(let token) where keys.recognises(token): text = token
        default: return .notMine
        }
        // An id is in one of the files.
        guard !isOneOfSeveral || keys.knows(text) else { return .notMine }
        switch keys.verify(text, now: attempt.now) {
        case .invalid(let reason): return .refused(reason: reason)
        case .valid(let principal, let expires):
            return .accepted(AcceptedLogin(principal: principal, expires: expires))
        }
    }
}
