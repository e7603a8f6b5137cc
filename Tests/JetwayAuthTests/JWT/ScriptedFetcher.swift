import JetwayAuth
import Synchronization

/// Answers fetches as a test says, and counts them. A fetch can be held until the test lets it go.
final class ScriptedFetcher: DocumentFetching {
    private struct State {
        var answers: [String: Result<[UInt8], FetchProblem>] = [:]
        var count = 0
        var isHeld = false
        var held: [CheckedContinuation<Void, Never>] = []
        var watchers: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var count: Int { state.withLock { $0.count } }

    func answer(_ address: String, _ answer: Result<[UInt8], FetchProblem>) {
        state.withLock { $0.answers[address] = answer }
    }

    func fetch(_ address: String, maxBytes: Int, timeout: Duration) async throws(FetchProblem) -> [UInt8] {
        let watchers = state.withLock { state in
            state.count += 1
            defer { state.watchers = [] }
            return state.watchers
        }
        for watcher in watchers { watcher.resume() }
        await withCheckedContinuation { continuation in
            let waits = state.withLock { state in
                if state.isHeld { state.held.append(continuation) }
                return state.isHeld
            }
            if !waits { continuation.resume() }
        }
        guard let answer = state.withLock({ $0.answers[address] }) else { throw .status(404) }
        return try answer.get()
    }

    func hold() {
        state.withLock { $0.isHeld = true }
    }

    func release() {
        let held = state.withLock { state in
            state.isHeld = false
            defer { state.held = [] }
            return state.held
        }
        for continuation in held { continuation.resume() }
    }

    /// Waits until so many fetches were started in all.
    func started(_ count: Int) async {
        while self.count < count {
            await withCheckedContinuation { continuation in
                let isThere = state.withLock { state in
                    if state.count < count { state.watchers.append(continuation) }
                    return state.count >= count
                }
                if isThere { continuation.resume() }
            }
        }
    }
}

/// Tells a test of each fetch that has ended.
final class RefreshLog: Sendable {
    private struct State {
        var results: [Result<Int, JWTProblem>] = []
        var watchers: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var results: [Result<Int, JWTProblem>] { state.withLock { $0.results } }

    func add(_ result: Result<Int, JWTProblem>) {
        let watchers = state.withLock { state in
            state.results.append(result)
            defer { state.watchers = [] }
            return state.watchers
        }
        for watcher in watchers { watcher.resume() }
    }

    /// Waits until so many have ended in all.
    func ended(_ count: Int) async {
        while results.count < count {
            await withCheckedContinuation { continuation in
                let isThere = state.withLock { state in
                    if state.results.count < count { state.watchers.append(continuation) }
                    return state.results.count >= count
                }
                if isThere { continuation.resume() }
            }
        }
    }
}
