package import JetwayCore
internal import StrictJSON

/// What an authority says about a token.
package enum JWTVerdict: Sendable, Hashable {
    /// - Parameter expires: the token's own time; for the skew after it, it is still taken.
    case valid(Principal, expires: UnixTime)
    /// - Parameter reason: for the log only: callers are told one and the same for every bad credential.
    case invalid(reason: String)
}

/// A token that names an authority's issuer. Nothing in it is verified.
package struct JWTCandidate: Sendable {
    let token: CompactToken
    let digest: TokenDigest
}

/// Judges the JWTs of one issuer (RFC 7519, RFC 8725). Shared by all loops.
package final class JWTAuthority: Sendable {
    private enum Keys {
        case fixed(KeySet)
        case remote(RemoteKeys)
    }

    package let settings: JWTSettings
    /// Why keys of a key file were left out, for `check` and the log.
    package let leftOut: [String]
    private let keys: Keys
    private let cache: VerdictCache

    /// - Parameters:
    ///   - keyFile: what is in the file of `settings.keys`; nil for keys that are fetched.
    ///   - fetcher: fetches keys; not asked where there is a file.
    ///   - previous: of the same method before a reload. Where the issuer and its keys are configured as they were,
    ///     fetched keys and the state of fetching go over; where all is as it was, verdicts, too.
    ///   - onRefresh: told of each fetch: how many keys can be used, or why there are none.
    ///
    /// - Throws: `JWTProblem` in words if there is no usable key in the file.
    package init(
        _ settings: JWTSettings, keyFile: [UInt8]?, fetcher: any DocumentFetching,
        adopting previous: JWTAuthority? = nil,
        onRefresh: @escaping @Sendable (Result<Int, JWTProblem>) -> Void
    ) async throws(JWTProblem) {
        self.settings = settings
        if case .file = settings.keys {
            let set = try await KeySet(keyFile ?? [], algorithms: settings.algorithms, isRemote: false)
            keys = .fixed(set)
            leftOut = set.leftOut
            cache = VerdictCache()
            return
        }
        leftOut = []
        var old: RemoteKeys?
        if let previous, previous.settings.findsKeys(as: settings), case .remote(let remote) = previous.keys {
            old = remote
        }
        keys = .remote(RemoteKeys(settings: settings, fetcher: fetcher, adopting: old, onRefresh: onRefresh))
        cache = previous.flatMap { $0.settings == settings ? $0.cache : nil } ?? VerdictCache()
    }

    /// Changes when the keys do: then a verdict that was kept elsewhere does not hold any more.
    package var keyGeneration: UInt64 {
        switch keys {
        case .fixed(let set): set.generation
        case .remote(let remote): remote.currentGeneration
        }
    }

    /// Until when a verdict may be kept elsewhere: by then the authority wants to look after its keys.
    package var quietUntil: UnixTime {
        switch keys {
        case .fixed: UnixTime(seconds: .max)
        case .remote(let remote): remote.quietTime
        }
    }

    /// A verdict that is known and good at `now`; nil if the token has to be looked at. Suspends nothing.
    package func cachedVerdict(_ digest: TokenDigest, now: UnixTime) -> JWTVerdict? {
        let generation: UInt64?
        switch keys {
        case .fixed(let set): generation = set.generation
        case .remote(let remote): generation = remote.quietGeneration(now)
        }
        return generation.flatMap { remembered(digest, generation: $0, now: now) }
    }

    package func cachedVerdict(_ token: String, now: UnixTime) -> JWTVerdict? {
        cachedVerdict(TokenDigest(token), now: now)
    }

    /// The token, if it is a JWT and its unverified `iss` is this issuer: then this authority judges it, and no other.
    /// Nil at little cost for what does not have three parts.
    package func candidate(_ token: String, digest: TokenDigest? = nil) -> JWTCandidate? {
        guard CompactToken.hasThreeParts(token),
            let parsed = try? CompactToken(token, maxBytes: settings.maxTokenBytes),
            JWTClaims.isIssued(parsed.payload, by: settings.issuer)
        else { return nil }
        return JWTCandidate(token: parsed, digest: digest ?? TokenDigest(token))
    }

    package func recognises(_ token: String) -> Bool {
        candidate(token) != nil
    }

    package func verify(_ token: String, now: UnixTime) async -> JWTVerdict {
        do throws(JWTProblem) {
            let parsed = try CompactToken(token, maxBytes: settings.maxTokenBytes)
            return await verify(JWTCandidate(token: parsed, digest: TokenDigest(token)), now: now)
        } catch {
            return .invalid(reason: error.reason)
        }
    }

    package func verify(_ candidate: JWTCandidate, now: UnixTime) async -> JWTVerdict {
        do throws(JWTProblem) {
            return try await judge(candidate, now: now)
        } catch {
            return .invalid(reason: error.reason)
        }
    }

    /// Claims come before the signature: what they refuse costs no signature, and fetches no keys.
    private func judge(_ candidate: JWTCandidate, now: UnixTime) async throws(JWTProblem) -> JWTVerdict {
        let token = candidate.token
        let header = try JWTHeaderFields(token.header, allowing: settings.algorithms)
        let claims = try JWTClaims(token.payload, settings: settings)
        if let problem = claims.problem(at: now, skew: settings.skewSeconds) { throw problem }
        let set = try await keySet(for: header.keyID, now: now)
        if let known = remembered(candidate.digest, generation: set.generation, now: now) { return known }
        guard let key = set.key(header.keyID) else {
            throw JWTProblem(
                header.keyID == nil ? "\"kid\" is missing, and there are several keys" : "\"kid\" is unknown")
        }
        guard key.algorithm == header.algorithm else { throw JWTProblem("\"alg\" is not that of the key") }
        guard key.verifies(token) else { throw JWTProblem("the signature is wrong") }
        let principal = try JWTPrincipal.make(token.payload, settings: settings)
        if now < claims.expires {
            let entry = VerdictCache.Entry(principal: principal, expires: claims.expires, generation: set.generation)
            cache.insert(entry, for: candidate.digest)
        }
        return .valid(principal, expires: claims.expires)
    }

    private func keySet(for id: String?, now: UnixTime) async throws(JWTProblem) -> KeySet {
        switch keys {
        case .fixed(let set): return set
        case .remote(let remote):
            switch await remote.keys(for: id, now: now) {
            case .keys(let set): return set
            case .unavailable(let reason): throw JWTProblem(reason)
            }
        }
    }

    private func remembered(_ digest: TokenDigest, generation: UInt64, now: UnixTime) -> JWTVerdict? {
        cache.find(digest, generation: generation, now: now).map { .valid($0.principal, expires: $0.expires) }
    }
}

extension JWTSettings {
    /// Whether other settings lead to the same keys.
    func findsKeys(as other: JWTSettings) -> Bool {
        (issuer, keys, algorithms) == (other.issuer, other.keys, other.algorithms)
    }
}
