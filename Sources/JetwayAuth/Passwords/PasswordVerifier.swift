internal import Crypto
package import JetwayCore
internal import NIOPosix
internal import Synchronization

/// What a name and a password turned out to be. The reason is for the log alone.
package enum PasswordVerdict: Sendable, Hashable {
    case valid
    case wrong(reason: String)
    /// There were too many failed logins; nothing was computed.
    case throttled
    /// There is too much to compute already; the caller may try again.
    case overloaded
}

/// Verifies passwords, a few at once on threads of its own; lives as long as the process, through reloads.
///
/// A password that was right is remembered by a keyed hash, so that a client that sends it with each call costs one
/// computation in some minutes. Equal attempts at the same time share one. Any thread may call.
package final class PasswordVerifier: Sendable {
    package struct Settings: Sendable {
        /// Computations at the same time; each takes a core, and what memory its hash asks for.
        package var hashesAtOnce = 2
        /// Computations that wait for their turn.
        package var pending = 64
        /// Failed logins within a minute, for a user from an address and for an address.
        package var failuresPerUser = 10
        package var failuresPerAddress = 100
        /// Users and addresses whose failures are remembered.
        package var throttleEntries = 16_384
        /// How long a right password is remembered, and how many are.
        package var cacheLifetime = Duration.seconds(300)
        package var cacheEntries = 4096

        package init() {}
    }

    private struct State {
        var remembered: TwoGenerations<HMAC<SHA256>.MAC, UnixTime>
        var throttle: LoginThrottle
        /// Attempts that are computed or wait for that, each with all who want to know.
        var flights: [Attempt.ID: [CheckedContinuation<PasswordVerdict, Never>]] = [:]
    }

    private let settings: Settings
    private let threads: NIOThreadPool
    /// Known to this process alone: what is remembered cannot be computed from a password file.
    private let key = SymmetricKey(size: .bits256)
    private let state: Mutex<State>
    private let computation: @Sendable (PasswordHash, String) -> Bool

    /// - Parameter computation: whether a password has a hash; tests give another.
    package init(
        _ settings: Settings = Settings(),
        computation: @escaping @Sendable (PasswordHash, String) -> Bool = { $0.matches($1) }
    ) {
        self.settings = settings
        self.computation = computation
        let throttle = LoginThrottle(
            perUser: settings.failuresPerUser, perAddress: settings.failuresPerAddress,
            capacity: settings.throttleEntries)
        state = Mutex(State(remembered: TwoGenerations(capacity: settings.cacheEntries), throttle: throttle))
        threads = NIOThreadPool(numberOfThreads: max(1, settings.hashesAtOnce))
        threads.start()
    }

    deinit {
        threads.shutdownGracefully { _ in }
    }

    // MARK: Verifying

    /// The verdict if it takes no computation: the password is remembered as right, or cannot be one. Else nil.
    package func verdictAtOnce(
        user: String, password: String, in file: PasswordFile, now: UnixTime
    ) -> PasswordVerdict? {
        verdictAtOnce(Attempt(user: user, password: password, network: "", file: file, key: key), now: now)
    }

    /// Looks a password up, or computes its hash. A caller that is cancelled waits for its verdict all the same: at most
    /// as long as the computations that may wait take.
    ///
    /// - Parameters:
    ///   - address: the client's, without its port; nil where clients have none.
    ///   - file: the users as they are now. A right password is remembered together with its hash in the file, so that a
    ///     changed or removed user is a stranger at once.
    package func verify(
        user: String, password: String, address: String?, in file: PasswordFile, now: UnixTime
    ) async -> PasswordVerdict {
        let network = LoginThrottle.network(of: address)
        let attempt = Attempt(user: user, password: password, network: network, file: file, key: key)
        if let verdict = verdictAtOnce(attempt, now: now) { return verdict }
        return await withCheckedContinuation { continuation in
            switch board(attempt, continuation, now: now) {
            case .joined: break
            case .refused(let verdict): continuation.resume(returning: verdict)
            case .first: compute(attempt, now: now)
            }
        }
    }

    private func verdictAtOnce(_ attempt: Attempt, now: UnixTime) -> PasswordVerdict? {
        guard attempt.isWellFormed else { return .wrong(reason: "a name or password that cannot be one") }
        guard attempt.isKnown else { return nil }
        return state.withLock { state in
            guard let end = state.remembered.value(of: attempt.id.digest) else { return nil }
            if now < end { return .valid }
            state.remembered.remove(attempt.id.digest)
            return nil
        }
    }

    // MARK: Flights

    private enum Boarding {
        case first
        case joined
        case refused(PasswordVerdict)
    }

    private func board(
        _ attempt: Attempt, _ continuation: CheckedContinuation<PasswordVerdict, Never>, now: UnixTime
    ) -> Boarding {
        state.withLock { state in
            if state.flights[attempt.id]?.append(continuation) != nil { return .joined }
            guard state.flights.count < settings.hashesAtOnce + settings.pending else { return .refused(.overloaded) }
            guard state.throttle.admit(user: attempt.user, network: attempt.id.network, now: now) else {
                return .refused(.throttled)
            }
            state.flights[attempt.id] = [continuation]
            return .first
        }
    }

    private func compute(_ attempt: Attempt, now: UnixTime) {
        threads.submit { [self] thread in
            guard case .active = thread else { return land(attempt, .overloaded, now: now) }
            let isRight = attempt.hash.map { computation($0, attempt.password) } ?? false
            // Nobody has a password that another user's hash was computed for.
            guard attempt.isKnown else { return land(attempt, .wrong(reason: "unknown user"), now: now) }
            land(attempt, isRight ? .valid : .wrong(reason: "wrong password"), now: now)
        }
    }

    private func land(_ attempt: Attempt, _ verdict: PasswordVerdict, now: UnixTime) {
        let waiting = state.withLock { state in
            if verdict == .valid {
                state.remembered.set(now + settings.cacheLifetime.components.seconds, for: attempt.id.digest)
            }
            if verdict == .valid || verdict == .overloaded {
                state.throttle.takeBack(user: attempt.user, network: attempt.id.network)
            }
            return state.flights.removeValue(forKey: attempt.id) ?? []
        }
        for continuation in waiting { continuation.resume(returning: verdict) }
    }

    /// For tests: callers that wait for a verdict, and what is kept in memory.
    var load: (callers: Int, remembered: Int, failures: Int) {
        state.withLock { state in
            let callers = state.flights.values.reduce(0) { $0 + $1.count }
            return (callers, state.remembered.count, state.throttle.count)
        }
    }
}

/// A name and a password, with what they are measured against.
private struct Attempt: Sendable {
    /// Equal for attempts that must come to the same, and are counted against the same client.
    struct ID: Hashable, Sendable {
        let digest: HMAC<SHA256>.MAC
        let network: String
    }

    let user: String
    let password: String
    /// The user's hash, or a decoy; nil if even that cannot be had.
    let hash: PasswordHash?
    let isKnown: Bool
    let id: ID

    init(user: String, password: String, network: String, file: PasswordFile, key: SymmetricKey) {
        self.user = user
        self.password = password
        let known = file.hash(of: user)
        isKnown = known != nil
        hash = known ?? file.decoy ?? PasswordHash.decoy
        var digest = HMAC<SHA256>(key: key)
        for part in [user, known?.text ?? "", password] {
            // Behind its length, so that no two attempts run together to the same bytes.
            withUnsafeBytes(of: part.utf8.count) { digest.update(data: $0) }
            digest.update(data: Array(part.utf8))
        }
        id = ID(digest: digest.finalize(), network: network)
    }

    var isWellFormed: Bool {
        PasswordFile.problem(inUser: user) == nil && password.utf8.count <= PasswordHash.longestPassword
            && !password.utf8.contains(0)
    }
}

extension PasswordHash {
    /// What is computed for a file without users: a hash at today's cost, of a password that nobody knows.
    static let decoy = try? PasswordHash(
        parsing: "$argon2id$v=19$m=19456,t=2,p=1$9dYAkKkP2y5B7cVx4mHqSg$zVqz8yB1tq0FqTf4o0c4mHkq3y8H0x1Zb2n5Jv6KcWE")
}
