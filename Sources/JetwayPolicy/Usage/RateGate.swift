internal import Synchronization

/// A rate that holds for a whole process, as one number that all threads move on: the time up to which what was let through is
/// paid for (generic cell rate algorithm, ITU-T I.371).
///
/// Something may be used ahead, as much as fits into `ahead`; what a late timer leaves unused is made up for in the same way. So
/// the mean is the rate, exactly, however coarse the waiting is.
struct RateGate: ~Copyable {
    /// Nanoseconds of the monotonic clock.
    private let paidUntil = Atomic<UInt64>(0)

    /// Uses some, and says how many nanoseconds too early that was: the time to wait before using more.
    ///
    /// - Parameters:
    ///   - rate: in a second; more than 0.
    ///   - ahead: nanoseconds that may be used ahead.
    func use(_ amount: Int, rate: Int, ahead: UInt64, now: UInt64) -> UInt64 {
        let cost = Self.cost(amount, rate: rate)
        var paid = paidUntil.load(ordering: .relaxed)
        while true {
            let next = max(paid, now) &+ cost
            let (exchanged, original) = paidUntil.compareExchange(expected: paid, desired: next, ordering: .relaxed)
            if exchanged { return next > now &+ ahead ? next - now - ahead : 0 }
            paid = original
        }
    }

    /// Uses some if it is not too early; false: it is, and nothing was used.
    func useIfFree(_ amount: Int, rate: Int, ahead: UInt64, now: UInt64) -> Bool {
        let cost = Self.cost(amount, rate: rate)
        var paid = paidUntil.load(ordering: .relaxed)
        while true {
            let next = max(paid, now) &+ cost
            guard next <= now &+ ahead else { return false }
            let (exchanged, original) = paidUntil.compareExchange(expected: paid, desired: next, ordering: .relaxed)
            if exchanged { return true }
            paid = original
        }
    }

    /// Nanoseconds that an amount is worth.
    private static func cost(_ amount: Int, rate: Int) -> UInt64 {
        let (high, low) = UInt64(max(0, amount)).multipliedFullWidth(by: 1_000_000_000)
        let rate = UInt64(max(1, rate))
        // More than an hour is an hour.
        let longest: UInt64 = 3_600_000_000_000
        guard high < rate else { return longest }
        return min(longest, rate.dividingFullWidth((high, low)).quotient)
    }
}
