internal import FlightProtocol
package import JetwayCore
package import Logging
internal import NIOCore
internal import NIOHPACK

/// What authentication came to, for counting.
package enum LoginResult: String, Sendable, CaseIterable {
    case accepted
    case refused
    case overloaded
}

/// The stage that finds out who calls, and that answers logins.
///
/// Whatever is wrong with a credential, the caller is told one and the same; only the log learns why.
package struct Authentication: Middleware {
    /// The BasicAuth payload of a handshake is a name and a password.
    private static let handshakeLimit = 16 << 10
    package static let refusal = "authentication failed"
    private static let unknown = Principal(name: "unknown", method: .passthrough)

    private let authenticator: Authenticator
    private let logger: Logger
    private let count: @Sendable (Principal.Method?, LoginResult) -> Void
    private let clock: @Sendable () -> UnixTime

    /// - Parameters:
    ///   - count: hears of each verdict, on the call's event loop.
    ///   - clock: the wall clock.
    package init(
        _ authenticator: Authenticator, logger: Logger,
        count: @escaping @Sendable (Principal.Method?, LoginResult) -> Void = { _, _ in },
        clock: @escaping @Sendable () -> UnixTime = { .now() }
    ) {
        self.authenticator = authenticator
        self.logger = logger
        self.count = count
        self.clock = clock
    }

    package func handle(_ call: Call, next: some CallHandler) async throws(Rejection) -> Outcome {
        guard !authenticator.passesEverything else {
            call.principal = Self.unknown
            call.credentials = .passThrough
            return try await next.handle(call)
        }
        let now = clock()
        if call.rpc != .handshake, let kept = keptVerdict(on: call, now: now) {
            count(kept.login.principal.method, .accepted)
            admit(kept.login, to: call)
            if let token = kept.token { call.addSecretResponseField("authorization", token) }
            return try await next.handle(call)
        }
        let offered = authenticator.fields.credential(in: call.headers)
        guard call.rpc != .handshake else { return try await logIn(call, offered: offered, now: now, next: next) }
        let decision = await decide(offered, of: call, now: now)
        guard case .accepted(let login) = decision.verdict else {
            if case .none = offered, try await authenticator.beforeLogin.include(call) {
                call.principal = Principal(name: "nobody", method: .beforeLogin)
                call.governor = OneRequestGovernor()
                return try await next.handle(call)
            }
            throw refuse(decision, call: call)
        }
        count(decision.method, .accepted)
        return try await goOn(call, with: login, now: now, next: next)
    }

    // MARK: Verdicts

    /// What was found out for an earlier call: by the header block as a whole, or by what it shows as credentials.
    private func keptVerdict(on call: Call, now: UnixTime) -> KeptVerdict? {
        if let kept = call.memo.value as? KeptVerdict, kept.holds(for: authenticator, at: now) { return kept }
        guard let verdicts = call.peer.memo as? ConnectionVerdicts,
            let kept = verdicts.verdict(for: authenticator.fields.shown(in: call.headers)),
            kept.holds(for: authenticator, at: now)
        else { return nil }
        return kept
    }

    /// The verdict on a credential; a token of the gateway's own needs none of the configured methods.
    private func decide(_ offered: OfferedCredential, of call: Call, now: UnixTime) async -> Authenticator.Decision {
        if case .bearer(let text) = offered, authenticator.tokens.recognises(text) {
            let verdict = authenticator.verdict(onOwn: text, now: now)
            if case .accepted(let login) = verdict {
                return Authenticator.Decision(method: login.principal.method, verdict: verdict)
            }
            return Authenticator.Decision(method: nil, verdict: verdict)
        }
        return await authenticator.decide(
            LoginAttempt(
                credential: offered, certificate: call.peer.certificate, address: call.peer.host, now: now))
    }

    private func refuse(_ decision: Authenticator.Decision, call: Call) -> Rejection {
        var rejection = Rejection(.unauthenticated, Self.refusal)
        switch decision.verdict {
        case .refused(let reason):
            count(decision.method, .refused)
            rejection = Rejection(.unauthenticated, Self.refusal, reason: reason)
        case .overloaded(let reason):
            count(decision.method, .overloaded)
            rejection = Rejection(.unavailable, "too many logins at the same time", reason: reason)
        case .accepted, .notMine: break
        }
        logger.info(
            "login refused",
            metadata: [
                "method": "\(decision.method?.rawValue ?? "none")", "reason": "\(rejection.reason ?? "")",
                "peer": "\(call.peer.host ?? "")", "request-id": "\(call.requestID.map { "\($0)" } ?? "")",
            ])
        return rejection
    }

    private func admit(_ login: AcceptedLogin, to call: Call) {
        call.principal = login.principal
        call.credentials = login.forwarding
        if login.principal.method != .anonymous { call.peer.isAuthenticated = true }
    }

    /// The call goes on under the caller's name; with a token in its response where the credential earns one.
    private func goOn(
        _ call: Call, with login: AcceptedLogin, now: UnixTime, next: some CallHandler
    ) async throws(Rejection) -> Outcome {
        admit(login, to: call)
        let token = authenticator.gift(login, now: now).map { "Bearer " + $0.text }
        if let token { call.addSecretResponseField("authorization", token) }
        if login.reusable > 0 {
            let kept = KeptVerdict(login, token: token, by: authenticator, at: now)
            call.memo.value = kept
            ConnectionVerdicts.of(call.peer).keep(kept, for: authenticator.fields.shown(in: call.headers))
        }
        return try await next.handle(call)
    }
}

// MARK: Handshakes

extension Authentication {
    /// A handshake, in any of the forms that Flight clients use.
    private func logIn(
        _ call: Call, offered: OfferedCredential, now: UnixTime, next: some CallHandler
    ) async throws(Rejection) -> Outcome {
        var shown = offered
        if case .none = offered { shown = try await payload(of: call) }
        let decision = await decide(shown, of: call, now: now)
        guard case .accepted(let login) = decision.verdict else { throw refuse(decision, call: call) }
        count(decision.method, .accepted)
        guard decision.method != .passthrough else {
            admit(login, to: call)
            return try await next.handle(call)
        }
        return await answer(call, login, offered: offered, now: now)
    }

    /// What the first message of a handshake offers.
    private func payload(of call: Call) async throws(Rejection) -> OfferedCredential {
        guard let message = try await call.firstMessage(upTo: Self.handshakeLimit) else { return .none }
        guard let payload = HandshakeMessages.payload(in: message) else {
            return .malformed("the handshake's message cannot be read")
        }
        guard !payload.isEmpty else { return .none }
        guard let account = HandshakeMessages.basicAuth(in: payload) else { return .other }
        return CredentialFields.account(user: account.username, password: account.password)
    }

    /// The token goes where the client looks for it: in the payload of the answer, and in header and trailer.
    ///
    /// - Parameter offered: what the head has offered.
    private func answer(
        _ call: Call, _ login: AcceptedLogin, offered: OfferedCredential, now: UnixTime
    ) async -> Outcome {
        admit(login, to: call)
        let isBasicField = if case .basic = offered { true } else { false }
        var answer = LocalAnswer(waitsForRequestEnd: true)
        let token: String?
        if case .bearer(let text) = offered, authenticator.tokens.recognises(text), case .none = login.token {
            // The client has a token already, which is good for long: it gets that one back.
            token = text
        } else {
            // Who has proved nothing gets nothing that outlives the configuration.
            token =
                login.principal.method == .anonymous
                ? nil : (authenticator.gift(login, now: now) ?? authenticator.firstToken(login, now: now))?.text
        }
        // A client that sent its password in a field has sent no message, and wants none.
        if !isBasicField {
            answer.messages = [HandshakeMessages.response(payload: Array((token ?? "").utf8))]
        }
        if let token {
            answer.headers.add(name: "authorization", value: "Bearer \(token)", indexing: .neverIndexed)
            answer.trailers.add(name: "authorization", value: "Bearer \(token)", indexing: .neverIndexed)
        }
        return await call.answer(answer)
    }
}
