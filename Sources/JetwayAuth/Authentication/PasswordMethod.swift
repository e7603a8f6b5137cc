package import JetwayCore

/// Names and passwords of a file as a way of authentication.
package struct PasswordMethod: AuthenticationMethod {
    private let verifier: PasswordVerifier
    private let users: PasswordFile
    package let source: String?
    private let tenant: String?
    private let others: [PasswordFile]

    /// - Parameters:
    ///   - verifier: outlives configurations, and with it what is known of failed logins.
    ///   - source: the method's name, where there are several.
    ///   - others: the users of methods behind it: who is not known here may be there.
    package init(
        verifier: PasswordVerifier, users: PasswordFile, source: String? = nil, tenant: String? = nil,
        others: [PasswordFile] = []
    ) {
        self.others = others
        self.verifier = verifier
        self.users = users
        self.source = source
        self.tenant = tenant
    }

    package var kind: Principal.Method { .basic }

    package func verdictAtOnce(_ attempt: LoginAttempt) -> LoginVerdict? {
        guard case .basic(let user, let password) = attempt.credential, !isOfAnother(user) else { return .notMine }
        return verifier.verdictAtOnce(user: user, password: password, in: users, now: attempt.now)
            .map { verdict($0, user: user) }
    }

    package func verdict(_ attempt: LoginAttempt) async -> LoginVerdict {
        guard case .basic(let user, let password) = attempt.credential, !isOfAnother(user) else { return .notMine }
        let result = await verifier.verify(
            user: user, password: password, address: attempt.address, in: users, now: attempt.now)
        return verdict(result, user: user)
    }

    /// A user whom no file has is refused here, after as much work as a known one.
    private func isOfAnother(_ user: String) -> Bool {
        users.hash(of: user) == nil && others.contains { $0.hash(of: user) != nil }
    }

    package func stillKnows(_ principal: Principal) -> Bool? {
        guard principal.method == .basic, principal.source == source else { return nil }
        let prefix = Principal.qualify("", method: .basic, source: source)
        guard principal.subject.hasPrefix(prefix) else { return false }
        return users.hash(of: String(principal.subject.dropFirst(prefix.count))) != nil
    }

    private func verdict(_ verdict: PasswordVerdict, user: String) -> LoginVerdict {
        switch verdict {
        case .valid:
            var login = AcceptedLogin(
                principal: Principal(name: user, method: .basic, source: source, tenant: tenant))
            login.token = .first
            return .accepted(login)
        case .wrong(let reason): return .refused(reason: reason)
        case .throttled: return .refused(reason: "too many failed logins")
        case .overloaded: return .overloaded(reason: "too many passwords to verify")
        }
    }
}
