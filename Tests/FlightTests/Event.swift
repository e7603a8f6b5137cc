import Synchronization

/// Something that happens once and that one task waits for. A cancelled task waits no longer.
final class Event: Sendable {
    private let stream: AsyncStream<Never>
    private let continuation: AsyncStream<Never>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    func happen() { continuation.finish() }

    func wait() async {
        for await _ in stream {}
    }
}

/// A number that tasks raise, and that one task waits for.
final class Counter: Sendable {
    private struct State {
        var value = 0
        var goal = Int.max
    }

    private let state = Mutex(State())
    private let reached = Event()

    var value: Int { state.withLock { $0.value } }

    func add(_ count: Int) {
        let isReached = state.withLock { state in
            state.value += count
            return state.value >= state.goal
        }
        if isReached { reached.happen() }
    }

    /// Waits until it is `goal` or more. Only once.
    func wait(for goal: Int) async {
        let isReached = state.withLock { state in
            state.goal = goal
            return state.value >= goal
        }
        if !isReached { await reached.wait() }
    }
}

/// A value that tasks hand over.
final class Box<Value: Sendable>: Sendable {
    private let content: Mutex<Value>

    init(_ value: Value) { content = Mutex(value) }

    var value: Value {
        get { content.withLock { $0 } }
        set { content.withLock { $0 = newValue } }
    }
}
