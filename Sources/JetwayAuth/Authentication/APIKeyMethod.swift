package import JetwayCore

/// The API keys of a file as a way of authentication: in a field of their own, or as bearer tokens.
package struct APIKeyMethod: AuthenticationMethod {
    private let keys: APIKeys
    package let source: String?
    private let subjects: Set<String>

    /// - Parameter source: the method's name, where there are several; keys that are not in its file may be in another's.
    package init(_ keys: APIKeys, source: String? = nil) {
        self.keys = keys
        self.source = source
        subjects = Set(keys.entries.lazy.filter { !$0.isDisabled }.map(\.principal.subject))
    }

    package var kind: Principal.Method { .apiKey }

    package func stillKnows(_ principal: Principal) -> Bool? {
        gave(principal) ? subjects.contains(principal.subject) : nil
    }

    package func verdictAtOnce(_ attempt: LoginAttempt) -> LoginVerdict? {
        let text: String
        switch attempt.credential {
        case .apiKey(let key): text = key
        case .bearer(let token) where keys.recognises(token): text = token
        default: return .notMine
        }
        // An id is in one of the files.
        guard source == nil || keys.knows(text) else { return .notMine }
        switch keys.verify(text, now: attempt.now) {
        case .invalid(let reason): return .refused(reason: reason)
        case .valid(let principal, let expires):
            return .accepted(AcceptedLogin(principal: principal, expires: expires))
        }
    }
}
