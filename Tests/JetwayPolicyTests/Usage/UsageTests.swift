import FlightProtocol
import JetwayCore
import NIOCore
import Testing

@testable import JetwayPolicy

@Suite("What callers may use")
struct UsageTests {
    private final class Clock {
        var now = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
        var today = 20_000
    }

    private let clock = Clock()

    private func begin(_ limits: RuleLimits, _ account: UsageAccount) throws(Rejection) -> UsageGovernor {
        try UsageGovernor(limits, account: account, rule: "r", now: clock.now) { [clock] in clock.today }
    }

    private func refusal(_ limits: RuleLimits, _ account: UsageAccount) -> Rejection? {
        do throws(Rejection) {
            try begin(limits, account).ended()
            return nil
        } catch {
            return error
        }
    }

    @Test("as many calls run at the same time as the limit says, and an ended one makes room")
    func concurrent() throws {
        var limits = RuleLimits()
        limits.concurrentCalls = 2
        let account = UsageAccount()
        let first = try begin(limits, account)
        let second = try begin(limits, account)
        #expect(refusal(limits, account)?.code == .unavailable)
        #expect(account.activeCalls == 2)
        first.ended()
        first.ended()
        #expect(refusal(limits, account) == nil)
        second.ended()
        #expect(account.activeCalls == 0)
    }

    @Test("a second's calls may begin at once, then as many in a second")
    func callRate() throws {
        var limits = RuleLimits()
        limits.callsPerSecond = 10
        let account = UsageAccount()
        for _ in 0..<10 { #expect(refusal(limits, account) == nil) }
        #expect(refusal(limits, account)?.code == .unavailable)
        clock.now = clock.now + .milliseconds(100)
        #expect(refusal(limits, account) == nil)
        #expect(refusal(limits, account)?.code == .unavailable)
        #expect(account.activeCalls == 0)
    }

    @Test("the mean of a rate of bytes is the rate, however late each wait ends", arguments: [0, 3, 12, 40])
    func byteRate(lateness: Int64) throws {
        var limits = RuleLimits()
        limits.bytesPerSecond = 50 << 20
        let governor = try begin(limits, UsageAccount())
        let start = clock.now
        var bytes = 0
        while bytes < 500 << 20 {
            let wait = governor.pace(.response, bytes: 1 << 20, now: clock.now)
            bytes += 1 << 20
            if wait > .zero { clock.now = clock.now + wait + .milliseconds(lateness) }
        }
        let seconds = Double((clock.now - start).nanoseconds) / 1e9
        #expect((9.9...10.1).contains(seconds), "\(seconds) s")
    }

    @Test("two calls of a caller share its rate")
    func sharedRate() throws {
        var limits = RuleLimits()
        limits.bytesPerSecond = 1 << 20
        let account = UsageAccount()
        let (one, other) = (try begin(limits, account), try begin(limits, account))
        _ = one.pace(.response, bytes: 1 << 20, now: clock.now)
        #expect(other.pace(.request, bytes: 1 << 20, now: clock.now) == .nanoseconds(1_950_000_000))
    }

    @Test("a call's quota ends it behind the message that passes it, not behind one that just reaches it")
    func callQuota() throws {
        var limits = RuleLimits()
        limits.bytesPerCall = 100
        limits.rowsPerCall = 10
        let governor = try begin(limits, UsageAccount())
        #expect(governor.passed(.response, bytes: 60, rows: 9) == nil)
        #expect(governor.passed(.request, bytes: 40, rows: 1) == nil)
        #expect(governor.passed(.response, bytes: 1, rows: 0)?.code == .resourceExhausted)
        let rows = try begin(limits, UsageAccount())
        #expect(rows.passed(.response, bytes: 1, rows: 11)?.code == .resourceExhausted)
    }

    @Test("a day's quota is shared by calls, refuses further ones, and is new the next day")
    func dayQuota() throws {
        var limits = RuleLimits()
        limits.bytesPerDay = 100
        let account = UsageAccount()
        #expect(try begin(limits, account).passed(.response, bytes: 100, rows: 0) == nil)
        #expect(refusal(limits, account)?.code == .resourceExhausted)
        let running = UsageAccount()
        let call = try begin(limits, running)
        #expect(call.passed(.response, bytes: 101, rows: 0)?.message == "the day's bytes are used up")
        clock.today += 1
        #expect(refusal(limits, account) == nil)
        #expect(call.passed(.response, bytes: 100, rows: 0) == nil)
    }

    @Test("a message that is too long is refused by its length")
    func messageSize() throws {
        var limits = RuleLimits()
        limits.messageSize = 10
        let governor = try begin(limits, UsageAccount())
        #expect(governor.begins(.request, length: 10) == nil)
        #expect(governor.begins(.request, length: 11)?.code == .resourceExhausted)
    }

    @Test("a call that was decided by its first message ends with a second")
    func oneRequest() throws {
        let governor = try UsageGovernor(
            RuleLimits(), account: UsageAccount(), rule: "r", takesOneRequest: true, now: clock.now
        ) { 0 }
        #expect(governor.begins(.request, length: 1) == nil)
        #expect(governor.begins(.response, length: 1) == nil)
        #expect(governor.begins(.response, length: 1) == nil)
        #expect(governor.begins(.request, length: 1)?.code == .invalidArgument)
    }

    @Test("the ledger keeps accounts that say something, and newcomers share one when it is full")
    func ledger() throws {
        let ledger = UsageLedger(capacity: 2)
        let busy = ledger.account(UsageKey(rule: "r", subject: "a"), today: 1)
        _ = busy.add(bytes: 5, rows: 0, today: 1)
        _ = ledger.account(UsageKey(rule: "r", subject: "b"), today: 1)
        let third = ledger.account(UsageKey(rule: "r", subject: "c"), today: 1)
        #expect(ledger.account(UsageKey(rule: "r", subject: "a"), today: 1) === busy)
        #expect(busy.used(today: 1).bytes == 5)
        _ = third.add(bytes: 1, rows: 0, today: 1)
        let fourth = ledger.account(UsageKey(rule: "r", subject: "d"), today: 1)
        #expect(ledger.account(UsageKey(rule: "r", subject: "e"), today: 1) === fourth)
        #expect(ledger.account(UsageKey(rule: "q", subject: "e"), today: 1) !== fourth)
    }

    @Test(
        "amounts and rates without bounds do not trap", arguments: [(Int.max, 1), (Int.max, Int.max), (0, 0), (-1, 5)])
    func extremes(amount: Int, rate: Int) {
        let account = UsageAccount()
        let wait = account.pace(amount, rate: rate, now: 0)
        #expect(wait <= 3_600_000_000_000)
    }
}
