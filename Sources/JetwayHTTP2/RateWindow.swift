package import NIOCore

/// Counts events over a sliding window of time in constant space.
///
/// Two neighbouring intervals are counted; of the older one the share that the window still covers is taken. A first
/// burst is counted exactly, and what lies two windows back is forgotten.
package struct RateWindow: Sendable {
    private let window: Int64
    private var start: NIODeadline?
    private var current = 0
    private var previous = 0

    /// - Parameter window: the time that is looked back; at least a nanosecond.
    package init(_ window: TimeAmount) {
        self.window = max(1, window.nanoseconds)
    }

    /// Counts events.
    ///
    /// - Returns: how many there were within the window, these included.
    package mutating func add(_ count: Int = 1, now: NIODeadline) -> Int {
        let elapsed = self.advance(to: now)
        let (sum, overflow) = self.current.addingReportingOverflow(count)
        self.current = overflow ? Int.max >> 1 : min(sum, Int.max >> 1)
        return self.estimate(elapsed)
    }

    /// How many events there were within the window.
    package mutating func count(now: NIODeadline) -> Int {
        let elapsed = self.advance(to: now)
        return self.estimate(elapsed)
    }

    /// Moves to the interval that `now` lies in; returns how far into it, in nanoseconds.
    private mutating func advance(to now: NIODeadline) -> Int64 {
        guard let start = self.start else {
            self.start = now
            return 0
        }
        let elapsed = max(0, (now - start).nanoseconds)
        guard elapsed >= self.window else { return elapsed }
        self.previous = elapsed / self.window == 1 ? self.current : 0
        self.current = 0
        let into = elapsed % self.window
        self.start = now - .nanoseconds(into)
        return into
    }

    private func estimate(_ elapsed: Int64) -> Int {
        let share = Double(self.window - elapsed) / Double(self.window)
        return self.current + Int(Double(self.previous) * share)
    }
}
