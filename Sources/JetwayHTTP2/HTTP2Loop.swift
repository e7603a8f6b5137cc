package import NIOCore
internal import Synchronization

/// What the HTTP/2 connections of one event loop share: timers, receive buffers, the turn's flushes, and budgets.
package final class HTTP2Loop {
    package let eventLoop: any EventLoop
    package let timers: TimerWheel
    package let buffers = ReceiveBufferPool()
    /// The bytes that the whole process holds in queues.
    package let budget: ByteBudget

    /// Called when queued slices had to be copied because they wait: streams have stalled, and buffers became free.
    package var whenSettled: (() -> Void)?

    private var dirty: [HTTP2Connection] = []
    private var isInTurn = false
    private var flushIsScheduled = false

    package init(eventLoop: any EventLoop, budget: ByteBudget) {
        self.eventLoop = eventLoop
        self.timers = TimerWheel(loop: eventLoop)
        self.budget = budget
    }

    /// Notes that a connection has something to flush. It is done once per read, or at the end of the loop's tick.
    func markDirty(_ connection: HTTP2Connection) {
        dirty.append(connection)
        guard !isInTurn, !flushIsScheduled else { return }
        flushIsScheduled = true
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.execute { bound.value.flushAll() }
    }

    func beginTurn() {
        isInTurn = true
    }

    /// The end of one read: every connection that was written to is flushed.
    func endTurn() {
        isInTurn = false
        flushAll()
    }

    private func flushAll() {
        flushIsScheduled = false
        // A flush may complete at once and make further connections dirty; those are flushed in the same go.
        while !dirty.isEmpty {
            let connections = dirty
            dirty.removeAll(keepingCapacity: true)
            for connection in connections { connection.flush() }
        }
    }
}

/// A bound on the bytes that are retained in queues, shared by all loops of a process.
package final class ByteBudget: Sendable {
    package let limit: Int
    private let retained = Atomic<Int>(0)

    /// - Parameter limit: in bytes.
    package init(limit: Int) {
        self.limit = limit
    }

    package func add(_ bytes: Int) {
        guard bytes != 0 else { return }
        retained.wrappingAdd(bytes, ordering: .relaxed)
    }

    /// The bytes that are retained now.
    package var used: Int { retained.load(ordering: .relaxed) }
    /// From here on no window grows and new calls are refused.
    package var isTight: Bool { used > limit / 4 * 3 }
}
