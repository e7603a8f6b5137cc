package import FlightProtocol
package import JetwayCore
package import NIOCore

/// What refusals for limits are told with.
package struct UsageStatus: Sendable, Hashable {
    /// For what passes: as many calls, calls so fast. Flight's clients understand UNAVAILABLE as "try again".
    package var busy = GRPCCode.unavailable
    /// For what is used up.
    package var spent = GRPCCode.resourceExhausted

    package init() {}
}

/// Holds one call to the limits of its caller.
package final class UsageGovernor: CallGovernor {
    private let limits: RuleLimits
    private let account: UsageAccount
    private let status: UsageStatus
    private let rule: String
    private let takesOneRequest: Bool
    private let today: () -> Int
    private var requests = 0
    private var bytes = 0
    private var rows = 0
    private var hasEnded = false

    /// Begins a call of a caller.
    ///
    /// - Parameters:
    ///   - takesOneRequest: whether a second message of the request ends the call: it was decided by the first.
    ///   - now: of the monotonic clock.
    ///   - today: days since 1970 (UTC).
    /// - Throws: a rejection if a limit is reached. Nothing has to be ended then.
    package init(
        _ limits: RuleLimits, account: UsageAccount, rule: String, status: UsageStatus = UsageStatus(),
        takesOneRequest: Bool = false, now: NIODeadline, today: @escaping () -> Int
    ) throws(Rejection) {
        self.limits = limits
        self.account = account
        self.status = status
        self.rule = rule
        self.takesOneRequest = takesOneRequest
        self.today = today
        let used = account.used(today: today())
        if let problem = Self.spent(limits, bytes: used.bytes + 1, rows: used.rows + 1) {
            throw Rejection(status.spent, problem, reason: "quota", rule: rule)
        }
        guard account.begin(limit: limits.concurrentCalls) else {
            throw Rejection(status.busy, "too many calls at the same time", reason: "concurrentCalls", rule: rule)
        }
        if let rate = limits.callsPerSecond, !account.mayBeginNow(rate: rate, now: now.uptimeNanoseconds) {
            account.end()
            throw Rejection(status.busy, "too many calls in a second", reason: "callsPerSecond", rule: rule)
        }
    }

    /// Why a day's use is too much.
    private static func spent(_ limits: RuleLimits, bytes: Int, rows: Int) -> String? {
        if let limit = limits.bytesPerDay, bytes > limit { return "the day's bytes are used up" }
        if let limit = limits.rowsPerDay, rows > limit { return "the day's rows are used up" }
        return nil
    }

    package func passed(_ direction: CallDirection, bytes: Int, rows: Int) -> Rejection? {
        self.bytes += bytes
        self.rows += rows
        if let limit = limits.bytesPerCall, self.bytes > limit { return spent("the call's bytes are used up") }
        if let limit = limits.rowsPerCall, self.rows > limit { return spent("the call's rows are used up") }
        guard limits.bytesPerDay != nil || limits.rowsPerDay != nil else { return nil }
        let used = account.add(bytes: bytes, rows: rows, today: today())
        return Self.spent(limits, bytes: used.bytes, rows: used.rows).map(spent)
    }

    private func spent(_ message: String) -> Rejection {
        Rejection(status.spent, message, reason: "quota", rule: rule)
    }

    package func begins(_ direction: CallDirection, length: Int) -> Rejection? {
        if takesOneRequest, direction == .request {
            requests += 1
            guard requests == 1 else { return Rejection(.invalidArgument, "the RPC takes one message", rule: rule) }
        }
        guard let limit = limits.messageSize, length > limit else { return nil }
        return Rejection(status.spent, "a message is longer than \(limit) bytes", reason: "messageSize", rule: rule)
    }

    package func pace(_ direction: CallDirection, bytes: Int, now: NIODeadline) -> TimeAmount {
        guard let rate = limits.bytesPerSecond else { return .zero }
        return .nanoseconds(Int64(clamping: account.pace(bytes, rate: rate, now: now.uptimeNanoseconds)))
    }

    /// May be told more than once: by the relay, and by the stage that made it, for calls that never got there.
    package func ended() {
        guard !hasEnded else { return }
        hasEnded = true
        account.end()
    }
}

@available(*, unavailable)
extension UsageGovernor: Sendable {}
