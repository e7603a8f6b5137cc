internal import Synchronization

/// What one caller has used under one rule, counted for the whole process.
///
/// Each number is one atomic that all event loops move on, a few times for each message: the counts are exact. Calls of one caller on
/// several loops contend for them, calls of different callers do not.
package final class UsageAccount: Sendable {
    /// What a caller may use ahead of its rate of bytes: enough for timers that are late.
    static let bytesAhead: UInt64 = 50_000_000
    /// A second's calls may begin at once.
    static let callsAhead: UInt64 = 1_000_000_000

    private let active = Atomic<Int>(0)
    private let calls = RateGate()
    private let bytes = RateGate()
    private let day = Atomic<Int>(0)
    private let bytesToday = Atomic<Int>(0)
    private let rowsToday = Atomic<Int>(0)

    package init() {}

    /// Calls that run.
    package var activeCalls: Int { active.load(ordering: .relaxed) }

    // MARK: Calls

    /// Begins a call. False: as many run already.
    func begin(limit: Int?) -> Bool {
        let before = active.wrappingAdd(1, ordering: .relaxed).oldValue
        guard let limit, before >= limit else { return true }
        end()
        return false
    }

    func end() {
        active.wrappingSubtract(1, ordering: .relaxed)
    }

    func mayBeginNow(rate: Int, now: UInt64) -> Bool {
        calls.useIfFree(1, rate: rate, ahead: Self.callsAhead, now: now)
    }

    // MARK: What calls move

    /// Nanoseconds to wait for the rate.
    func pace(_ amount: Int, rate: Int, now: UInt64) -> UInt64 {
        bytes.use(amount, rate: rate, ahead: Self.bytesAhead, now: now)
    }

    /// Adds to the day's use.
    ///
    /// - Parameter today: days since 1970 (UTC). The counts begin anew with each; what crosses midnight in this very moment may be
    ///   counted to either day.
    func add(bytes: Int, rows: Int, today: Int) -> (bytes: Int, rows: Int) {
        turn(to: today)
        return (
            bytesToday.wrappingAdd(bytes, ordering: .relaxed).newValue,
            rowsToday.wrappingAdd(rows, ordering: .relaxed).newValue
        )
    }

    /// The day's use so far.
    func used(today: Int) -> (bytes: Int, rows: Int) {
        turn(to: today)
        return (bytesToday.load(ordering: .relaxed), rowsToday.load(ordering: .relaxed))
    }

    private func turn(to today: Int) {
        let current = day.load(ordering: .relaxed)
        guard current != today,
            day.compareExchange(expected: current, desired: today, ordering: .relaxed).exchanged
        else { return }
        bytesToday.store(0, ordering: .relaxed)
        rowsToday.store(0, ordering: .relaxed)
    }

    /// Whether it says nothing that a new one would not say.
    func isIdle(today: Int) -> Bool {
        activeCalls == 0 && (day.load(ordering: .relaxed) != today || bytesToday.load(ordering: .relaxed) == 0)
    }
}
