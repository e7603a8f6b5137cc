package import JetwayCore

/// What one way of authentication is asked about a call.
package struct LoginAttempt: Sendable {
    package var credential: OfferedCredential
    /// The verified certificate of the client (DER).
    package var certificate: [UInt8]?
    /// The client's address without its port.
    package var address: String?
    package var now: UnixTime

    package init(credential: OfferedCredential, certificate: [UInt8]? = nil, address: String? = nil, now: UnixTime) {
        self.credential = credential
        self.certificate = certificate
        self.address = address
        self.now = now
    }
}

/// Which token of the gateway's own a caller gets.
package enum TokenGift: Sendable {
    case none
    /// A first one: the credential is costly or unwise to send each time.
    case first
    /// One in place of one that runs out.
    case renewal(of: VerifiedToken)
}

/// A caller that was let in.
package struct AcceptedLogin: Sendable {
    package var principal: Principal
    /// When what was shown runs out; nil: it does not.
    package var expires: UnixTime?
    package var forwarding = CredentialForwarding.drop
    /// What the response gives back: a new token, in place of the credential.
    package var token = TokenGift.none
    /// How long the verdict may be used again for the same header block, in seconds; 0: it is asked anew each time.
    package var reusable: Int64 = 300
    /// Whether a kept verdict still holds: false once keys have changed, say. Asked at each use; must be cheap.
    package var stillHolds: (@Sendable () -> Bool)?

    package init(principal: Principal, expires: UnixTime? = nil) {
        self.principal = principal
        self.expires = expires
    }
}

/// What a way of authentication says to a call.
package enum LoginVerdict: Sendable {
    /// It does not know this kind of credential: the next one is asked.
    case notMine
    case accepted(AcceptedLogin)
    /// It knows the credential, and it is no good. The reason is for the log alone.
    case refused(reason: String)
    /// It could not look: there is too much to do.
    case overloaded(reason: String)
}

/// One way of authentication, such as passwords or the tokens of one issuer.
package protocol AuthenticationMethod: Sendable {
    var kind: Principal.Method { get }
    /// The method's name, where there are several of its kind.
    var source: String? { get }
    /// A verdict without waiting; nil if there has to be waited.
    func verdictAtOnce(_ attempt: LoginAttempt) -> LoginVerdict?
    func verdict(_ attempt: LoginAttempt) async -> LoginVerdict
    /// Whether somebody who logged in this way earlier, and has a token since, is known still; nil: no way to tell.
    func stillKnows(_ principal: Principal) -> Bool?
}

extension AuthenticationMethod {
    package var source: String? { nil }

    /// Whether a caller was let in by this method, or by one of the same kind and name before it.
    func gave(_ principal: Principal) -> Bool { principal.method == kind && principal.source == source }

    package func verdict(_ attempt: LoginAttempt) async -> LoginVerdict { verdictAtOnce(attempt) ?? .notMine }
    package func stillKnows(_ principal: Principal) -> Bool? { nil }
}

/// Calls without any credential come in under a fixed name.
package struct AnonymousMethod: AuthenticationMethod {
    private let principal: Principal

    package init(subject: String) {
        principal = Principal(name: subject, method: .anonymous)
    }

    package var kind: Principal.Method { .anonymous }

    package func verdictAtOnce(_ attempt: LoginAttempt) -> LoginVerdict? {
        // A wrong credential is no missing one.
        guard case .none = attempt.credential else { return .notMine }
        return .accepted(AcceptedLogin(principal: principal))
    }
}

/// Whatever comes goes on to the upstream, which judges it.
package struct PassthroughMethod: AuthenticationMethod {
    package init() {}

    package var kind: Principal.Method { .passthrough }

    package func verdictAtOnce(_ attempt: LoginAttempt) -> LoginVerdict? {
        var login = AcceptedLogin(principal: Principal(name: "unknown", method: .passthrough))
        login.forwarding = .passThrough
        return .accepted(login)
    }
}
