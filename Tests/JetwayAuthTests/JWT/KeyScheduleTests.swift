import JetwayCore
import Testing

@testable import JetwayAuth

@Suite struct KeyScheduleTests {
    private static let start = UnixTime(seconds: 1_900_000_000)

    private func loaded() -> KeySchedule {
        var schedule = KeySchedule(settings: TokenForge.settings(keys: .discovery))
        #expect(schedule.next(now: Self.start, hasKey: false, hasWaited: false) == .refreshAndWait)
        schedule.finished(startedAt: Self.start, succeeded: true)
        return schedule
    }

    @Test("The first token waits for keys, the next ones with it")
    func first() {
        var schedule = KeySchedule(settings: TokenForge.settings(keys: .discovery))
        #expect(schedule.quietUntil == UnixTime(seconds: .min))
        #expect(schedule.next(now: Self.start, hasKey: false, hasWaited: false) == .refreshAndWait)
        #expect(schedule.next(now: Self.start, hasKey: false, hasWaited: false) == .wait)
        schedule.finished(startedAt: Self.start, succeeded: false)
        #expect(schedule.next(now: Self.start, hasKey: false, hasWaited: true) == .refuse)
        #expect(schedule.next(now: Self.start + 29, hasKey: false, hasWaited: false) == .refuse)
        #expect(schedule.next(now: Self.start + 30, hasKey: false, hasWaited: false) == .refreshAndWait)
        schedule.finished(startedAt: Self.start + 30, succeeded: true)
        #expect(schedule.next(now: Self.start + 30, hasKey: true, hasWaited: true) == .use)
    }

    @Test("Keys are renewed beside, once they are older than five minutes")
    func renewal() {
        var schedule = loaded()
        #expect(schedule.quietUntil == Self.start + 300)
        #expect(schedule.next(now: Self.start + 300, hasKey: true, hasWaited: false) == .use)
        #expect(schedule.next(now: Self.start + 301, hasKey: true, hasWaited: false) == .useAndRefresh)
        #expect(schedule.next(now: Self.start + 302, hasKey: true, hasWaited: false) == .use)
        schedule.finished(startedAt: Self.start + 301, succeeded: true)
        #expect(schedule.quietUntil == Self.start + 601)
    }

    @Test(
        "T53: while the issuer does not answer, keys are used until they are stale, and asked for once in a cool-down")
    func outage() {
        var schedule = loaded()
        var fetches = 0
        for second in Int64(301)...3600 {
            switch schedule.next(now: Self.start + second, hasKey: true, hasWaited: false) {
            case .use: break
            case .useAndRefresh:
                fetches += 1
                schedule.finished(startedAt: Self.start + second, succeeded: false)
                #expect(schedule.quietUntil == min(Self.start + second + 30, Self.start + 3600))
            case let step: Issue.record("\(step) at \(second)")
            }
        }
        #expect(fetches == 110)
        #expect(schedule.next(now: Self.start + 3601, hasKey: true, hasWaited: false) == .refreshAndWait)
        schedule.finished(startedAt: Self.start + 3601, succeeded: false)
        #expect(schedule.next(now: Self.start + 3601, hasKey: true, hasWaited: true) == .refuse)
        #expect(schedule.next(now: Self.start + 3602, hasKey: true, hasWaited: false) == .refuse)
        #expect(schedule.next(now: Self.start + 3631, hasKey: true, hasWaited: false) == .refreshAndWait)
        schedule.finished(startedAt: Self.start + 3631, succeeded: true)
        #expect(schedule.next(now: Self.start + 3631, hasKey: true, hasWaited: true) == .use)
    }

    @Test("T53: unknown key ids cause one fetch in a cool-down, and those with a known one do not wait for it")
    func unknown() {
        var schedule = loaded()
        #expect(schedule.next(now: Self.start + 1, hasKey: false, hasWaited: false) == .refreshAndWait)
        #expect(schedule.next(now: Self.start + 1, hasKey: false, hasWaited: false) == .wait)
        #expect(schedule.next(now: Self.start + 1, hasKey: true, hasWaited: false) == .use)
        schedule.finished(startedAt: Self.start + 1, succeeded: true)
        #expect(schedule.next(now: Self.start + 1, hasKey: false, hasWaited: true) == .use)
        for second in Int64(1)...30 {
            #expect(schedule.next(now: Self.start + second, hasKey: false, hasWaited: false) == .use)
        }
        #expect(schedule.next(now: Self.start + 31, hasKey: false, hasWaited: false) == .refreshAndWait)
    }

    @Test("A clock that is put back makes keys old, not young for ever")
    func clock() {
        var schedule = loaded()
        let past = Self.start + -86_400
        #expect(schedule.next(now: past, hasKey: true, hasWaited: false) == .useAndRefresh)
        schedule.finished(startedAt: past, succeeded: true)
        #expect(schedule.next(now: past, hasKey: true, hasWaited: false) == .use)
        #expect(schedule.quietUntil == past + 300)
    }
}
