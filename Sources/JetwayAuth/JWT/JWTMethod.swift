package import JetwayCore

/// Bearer tokens of one issuer as a way of authentication.
package struct JWTMethod: AuthenticationMethod {
    private let authority: JWTAuthority

    package init(_ authority: JWTAuthority) {
        self.authority = authority
    }

    package var kind: Principal.Method { .jwt }
    package var source: String? { authority.settings.source }

    package func verdictAtOnce(_ attempt: LoginAttempt) -> LoginVerdict? {
        guard case .bearer(let token) = attempt.credential, CompactToken.hasThreeParts(token) else { return .notMine }
        let generation = authority.keyGeneration
        return authority.cachedVerdict(token, now: attempt.now).map { verdict($0, attempt, generation) }
    }

    package func verdict(_ attempt: LoginAttempt) async -> LoginVerdict {
        guard case .bearer(let token) = attempt.credential, let candidate = authority.candidate(token) else {
            return .notMine
        }
        // Read before: if keys were fetched meanwhile, the verdict is not kept this once.
        let generation = authority.keyGeneration
        return verdict(await authority.verify(candidate, now: attempt.now), attempt, generation)
    }

    private func verdict(_ verdict: JWTVerdict, _ attempt: LoginAttempt, _ generation: UInt64) -> LoginVerdict {
        switch verdict {
        case .invalid(let reason): return .refused(reason: reason)
        case .valid(let principal, let expires):
            var login = AcceptedLogin(principal: principal, expires: expires)
            if authority.settings.forwards, case .bearer(let token) = attempt.credential {
                login.forwarding = .forward(bearer: token)
            }
            // The authority is asked again in time to renew its keys.
            login.reusable = min(login.reusable, max(0, authority.quietUntil - attempt.now))
            login.stillHolds = { [authority] in authority.keyGeneration == generation }
            return .accepted(login)
        }
    }
}
