internal import Synchronization

/// A count that holds for the whole process, of which each loop takes leases, so that calls do not contend for it.
///
/// A loop may hold up to two leases that it does not use: the limit can appear reached while at most
/// (loops x 2 x lease) places are free on other loops. The lease shrinks with the limit.
package final class SharedCount: Sendable {
    private let free: Atomic<Int>
    package let lease: Int

    package init(limit: Int, loops: Int) {
        free = Atomic(limit)
        lease = max(1, min(16, limit / (4 * max(1, loops))))
    }

    fileprivate func take(_ wanted: Int) -> Int {
        var current = free.load(ordering: .relaxed)
        while current > 0 {
            let taken = min(current, wanted)
            let (exchanged, original) = free.compareExchange(
                expected: current, desired: current - taken, ordering: .relaxed)
            if exchanged { return taken }
            current = original
        }
        return 0
    }

    fileprivate func give(_ count: Int) {
        free.wrappingAdd(count, ordering: .relaxed)
    }
}

/// One loop's part of a `SharedCount`.
struct LeasedCount {
    private let shared: SharedCount
    private var available = 0

    init(_ shared: SharedCount) {
        self.shared = shared
    }

    /// Takes one place. False: the limit is reached.
    mutating func take() -> Bool {
        if available == 0 { available = shared.take(shared.lease) }
        guard available > 0 else { return false }
        available -= 1
        return true
    }

    /// Gives one place back.
    mutating func give() {
        available += 1
        if available > 2 * shared.lease - 1 {
            shared.give(shared.lease)
            available -= shared.lease
        }
    }
}
