internal import JetwayCore
internal import Synchronization

/// The keys of an issuer, fetched when they are needed, shared by all loops.
final class RemoteKeys: Sendable {
    private struct State {
        var schedule: KeySchedule
        var keys: KeySet?
        var problem: String?
        var refresh: Task<Void, Never>?
    }

    /// What a token gets after all waiting.
    enum Answer {
        case keys(KeySet)
        case unavailable(reason: String)
    }

    private let settings: JWTSettings
    private let fetcher: any DocumentFetching
    private let onRefresh: @Sendable (Result<Int, JWTProblem>) -> Void
    private let state: Mutex<State>
    /// For the cache of verdicts, which takes no lock for them.
    private let generation: Atomic<UInt64>
    private let quietUntil: Atomic<Int64>

    /// - Parameter previous: of the same issuer and key settings, before a reload: its keys are kept.
    init(
        settings: JWTSettings, fetcher: any DocumentFetching, adopting previous: RemoteKeys?,
        onRefresh: @escaping @Sendable (Result<Int, JWTProblem>) -> Void
    ) {
        self.settings = settings
        self.fetcher = fetcher
        self.onRefresh = onRefresh
        var state = State(schedule: KeySchedule(settings: settings))
        if let old = previous?.state.withLock({ ($0.schedule, $0.keys, $0.problem) }) {
            state.schedule = old.0.adopted(settings: settings)
            (state.keys, state.problem) = (old.1, old.2)
        }
        generation = Atomic(state.keys?.generation ?? 0)
        quietUntil = Atomic(state.schedule.quietUntil.seconds)
        self.state = Mutex(state)
    }

    var currentGeneration: UInt64 { generation.load(ordering: .acquiring) }
    var quietTime: UnixTime { UnixTime(seconds: quietUntil.load(ordering: .acquiring)) }

    /// The set that verdicts of a time may rest on without a look at the keys; nil where there has to be one.
    func quietGeneration(_ now: UnixTime) -> UInt64? {
        now < quietTime ? currentGeneration : nil
    }

    /// The keys to look for `id` in, fetched first where the schedule says so.
    func keys(for id: String?, now: UnixTime) async -> Answer {
        var hasWaited = false
        while true {
            let (step, keys, refresh, problem) = state.withLock { state in
                let step = state.schedule.next(now: now, hasKey: state.keys?.key(id) != nil, hasWaited: hasWaited)
                if step == .useAndRefresh || step == .refreshAndWait { state.refresh = start(now) }
                return (step, state.keys, state.refresh, state.problem)
            }
            switch step {
            case .use, .useAndRefresh:
                guard let keys else { return .unavailable(reason: "there are no keys") }
                return .keys(keys)
            case .refuse:
                let reason = keys == nil ? "there are no keys" : "keys are stale"
                return .unavailable(reason: problem.map { "\(reason): \($0)" } ?? reason)
            case .wait, .refreshAndWait:
                await refresh?.value
                hasWaited = true
            }
        }
    }

    /// A task of its own, because it belongs to no call: the one that started it may end while others wait. The
    /// timeout of the fetcher bounds it.
    private func start(_ now: UnixTime) -> Task<Void, Never> {
        Task.detached { await self.refresh(startedAt: now) }
    }

    private func refresh(startedAt now: UnixTime) async {
        let result: Result<KeySet, JWTProblem>
        do throws(JWTProblem) {
            result = .success(try await fetch())
        } catch {
            result = .failure(error)
        }
        state.withLock { state in
            switch result {
            case .success(let keys):
                // A set that has not changed keeps its generation, and with it the verdicts.
                if state.keys?.fingerprint != keys.fingerprint { state.keys = keys }
                state.problem = nil
            case .failure(let problem): state.problem = problem.reason
            }
            state.schedule.finished(startedAt: now, succeeded: state.problem == nil)
            state.refresh = nil
            generation.store(state.keys?.generation ?? 0, ordering: .releasing)
            quietUntil.store(state.schedule.quietUntil.seconds, ordering: .releasing)
        }
        onRefresh(result.map(\.keys.count))
    }

    private func fetch() async throws(JWTProblem) -> KeySet {
        let address: String
        if case .url(let configured) = settings.keys { address = configured } else { address = try await discover() }
        let text = try await document(address)
        do throws(JWTProblem) {
            return try await KeySet(text, algorithms: settings.algorithms, isRemote: true)
        } catch {
            throw JWTProblem("\(address): \(error.reason)")
        }
    }

    /// OpenID Connect Discovery 1.0 sections 4.1 and 4.3.
    private func discover() async throws(JWTProblem) -> String {
        let base = settings.issuer.hasSuffix("/") ? String(settings.issuer.dropLast()) : settings.issuer
        let address = "\(base)/.well-known/openid-configuration"
        let root = try JSONMembers(try await document(address), of: address)
        guard root.string("issuer")?.isExactly(settings.issuer) ?? false else {
            throw JWTProblem("\(address): \"issuer\" is not \(settings.issuer)")
        }
        guard let keys = root.string("jwks_uri"), SecureAddress.isValid(keys) else {
            throw JWTProblem("\(address): \"jwks_uri\" is missing or not an https:// address")
        }
        return keys
    }

    private func document(_ address: String) async throws(JWTProblem) -> [UInt8] {
        let document: [UInt8]
        do {
            document = try await fetcher.fetch(
                address, maxBytes: settings.maxDocumentBytes, timeout: settings.fetchTimeout)
        } catch {
            throw JWTProblem("\(address): \(error)")
        }
        // Whoever fetched it: this is what is promised.
        guard document.count <= settings.maxDocumentBytes else {
            throw JWTProblem("\(address): \(FetchProblem.tooLarge(maxBytes: settings.maxDocumentBytes))")
        }
        return document
    }
}
