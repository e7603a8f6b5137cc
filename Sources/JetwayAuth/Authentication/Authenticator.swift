package import JetwayCore

/// The configured ways of authentication, in their order: the first that knows a credential decides.
///
/// An object, so that what was found out under one configuration is never taken for a verdict of the next.
package final class Authenticator: Sendable {
    /// Which way decided, and what.
    package struct Decision: Sendable {
        /// nil: none knew the credential.
        package let method: Principal.Method?
        package let verdict: LoginVerdict
    }

    private let methods: [any AuthenticationMethod]
    package let fields: CredentialFields
    package let tokens: TokenMint
    /// Calls that are let in without a login.
    package let beforeLogin: LoginFreeCalls

    package init(
        methods: [any AuthenticationMethod], fields: CredentialFields, tokens: TokenMint,
        beforeLogin: LoginFreeCalls = LoginFreeCalls([])
    ) {
        self.methods = methods
        self.fields = fields
        self.tokens = tokens
        self.beforeLogin = beforeLogin
    }

    package func decide(_ attempt: LoginAttempt) async -> Decision {
        for method in methods {
            let verdict: LoginVerdict
            if let known = method.verdictAtOnce(attempt) {
                verdict = known
            } else {
                verdict = await method.verdict(attempt)
            }
            if case .notMine = verdict { continue }
            return Decision(method: method.kind, verdict: verdict)
        }
        return Decision(method: nil, verdict: .refused(reason: Self.unknown(attempt.credential)))
    }

    /// A token of the gateway's own needs no method, but whom a method has forgotten is not let in by it any more.
    package func verdict(onOwn text: String, now: UnixTime) -> LoginVerdict {
        switch tokens.verify(text, now: now) {
        case .invalid(let reason): return .refused(reason: reason)
        case .valid(let token):
            let principal = token.principal
            // A method that was taken out of the configuration lets nobody in, not by its tokens either.
            guard methods.contains(where: { $0.gave(principal) && $0.stillKnows(principal) != false }) else {
                return .refused(reason: "the token's subject is known no more")
            }
            var login = AcceptedLogin(principal: principal, expires: token.expires)
            if token.isDueForRenewal {
                login.token = .renewal(of: token)
            } else {
                // The verdict is not kept beyond the time when a new token is due.
                login.reusable = min(login.reusable, max(0, token.renewalTime - now))
            }
            return .accepted(login)
        }
    }

    /// The token that a response gives back; nil: none.
    package func gift(_ login: AcceptedLogin, now: UnixTime) -> MintedToken? {
        switch login.token {
        case .none: nil
        case .first: firstToken(login, now: now)
        case .renewal(let token): tokens.renew(token, now: now)
        }
    }

    /// A token for somebody who has just logged in; it does not outlive what was shown. nil: it would be too large.
    package func firstToken(_ login: AcceptedLogin, now: UnixTime) -> MintedToken? {
        // Without all claims a rule that denies by one would not match.
        tokens.mint(login.principal, now: now, notAfter: login.expires).flatMap { $0.lacksClaims ? nil : $0 }
    }

    /// Whether every call goes to the upstream as it came: then nobody looks at credentials at all.
    package var passesEverything: Bool {
        methods.count == 1 && methods.first is PassthroughMethod
    }

    private static func unknown(_ credential: OfferedCredential) -> String {
        switch credential {
        case .none: "no credential"
        case .basic: "no method takes passwords"
        case .bearer: "no method knows this token"
        case .apiKey: "no method takes API keys"
        case .other: "no method knows this scheme"
        case .malformed(let reason): reason
        }
    }
}
