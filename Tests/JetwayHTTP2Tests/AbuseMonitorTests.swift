import NIOCore
import Testing

@testable import JetwayHTTP2

@Suite("Peers that cost more than they do")
struct AbuseMonitorTests {
    static func at(milliseconds: UInt64) -> NIODeadline {
        .uptimeNanoseconds(1_000_000_000 + milliseconds * 1_000_000)
    }

    /// Repeats something and tells which repetition ended the connection, counted from 1, and by which limit.
    static func trip(
        _ times: Int, every milliseconds: UInt64 = 0, role: HTTP2Role = .server, limits: HTTP2Limits = .downstream,
        _ body: (inout AbuseMonitor, NIODeadline, Int) throws -> Void
    ) -> (event: Int, limit: LimitName?)? {
        var monitor = AbuseMonitor(role: role, limits: limits)
        for round in 0..<times {
            do {
                try body(&monitor, self.at(milliseconds: UInt64(round) * milliseconds), round)
            } catch {
                return (round + 1, (error as? ConnectionFault)?.limit)
            }
        }
        return nil
    }

    @Test("Resets end the connection at the 200th within 30 seconds, upstream at the 5,000th within 10")
    func resets() throws {
        let down = try #require(Self.trip(10_000) { try $0.resetReceived(now: $1, streamsOpened: $2 + 1) })
        #expect(down == (200, .resetsReceived))
        let up = try #require(
            Self.trip(10_000, role: .client, limits: .upstream) { try $0.resetReceived(now: $1, streamsOpened: $2 + 1) }
        )
        #expect(up == (5000, .resetsReceived))
    }

    @Test("Resets at a slower pace never end a connection, however long it lives")
    func slowResets() {
        let slow = Self.trip(100_000, every: 160) { try $0.resetReceived(now: $1, streamsOpened: $2 + 1) }
        #expect(slow == nil)
        let faster = Self.trip(100_000, every: 140) { try $0.resetReceived(now: $1, streamsOpened: $2 + 1) }
        #expect(faster?.limit == .resetsReceived)
    }

    @Test("More than half of 500 streams reset within a second end the connection; half do not")
    func rapidReset() throws {
        var limits = HTTP2Limits.downstream
        limits.resetsReceived = 1_000_000
        let all = try #require(Self.trip(2000, limits: limits) { try $0.resetReceived(now: $1, streamsOpened: $2 + 1) })
        #expect(all == (500, .rapidResetStreams))
        let half = Self.trip(2000, limits: limits) { try $0.resetReceived(now: $1, streamsOpened: 2 * $2 + 2) }
        #expect(half == nil)
        let slow = Self.trip(2000, every: 3, limits: limits) { try $0.resetReceived(now: $1, streamsOpened: $2 + 1) }
        #expect(slow == nil)
        limits.rapidResetStreams = 0
        #expect(Self.trip(2000, limits: limits) { try $0.resetReceived(now: $1, streamsOpened: $2 + 1) } == nil)
    }

    @Test("Stream errors, refused streams and control frames end the connection at their limits")
    func simpleWindows() throws {
        #expect(
            try #require(Self.trip(10_000) { monitor, now, _ in try monitor.streamError(now: now) }) == (
                200, .streamErrors
            ))
        #expect(
            try #require(Self.trip(10_000) { monitor, now, _ in try monitor.refusedStream(now: now) }) == (
                1000, .refusedStreams
            ))
        #expect(
            try #require(Self.trip(10_000) { monitor, now, _ in try monitor.controlFrame(now: now) }) == (
                1000, .controlFrames
            ))
        #expect(Self.trip(20_000, every: 1) { monitor, now, _ in try monitor.controlFrame(now: now) } == nil)
        #expect(Self.trip(5000, every: 160) { monitor, now, _ in try monitor.streamError(now: now) } == nil)
    }

    @Test("Glitches drain the connection at three quarters of the limit and end it at the limit")
    func glitches() throws {
        var monitor = AbuseMonitor(role: .server, limits: .downstream)
        let now = Self.at(milliseconds: 0)
        for _ in 0..<749 { try monitor.glitch(now: now) }
        #expect(!monitor.shouldDrain)
        for _ in 0..<250 { try monitor.glitch(now: now) }
        #expect(monitor.shouldDrain)
        #expect(throws: ConnectionFault.limit(.glitches)) { try monitor.glitch(now: now) }
        let day: UInt64 = 86_400_000
        #expect(Self.trip(100, every: day) { monitor, now, _ in try monitor.glitch(now: now) } == nil)
    }

    @Test("SETTINGS that toggle windows end the connection, a bandwidth estimate now and then does not")
    func settings() throws {
        let flood = try #require(
            Self.trip(1000, every: 1) { monitor, now, _ in try monitor.settings(entries: 1, now: now) })
        #expect(flood == (501, .glitches))
        let large = try #require(
            Self.trip(1000, every: 1) { monitor, now, _ in try monitor.settings(entries: 32, now: now) })
        #expect(large == (101, .glitches))
        #expect(Self.trip(10_000, every: 2000) { monitor, now, _ in try monitor.settings(entries: 1, now: now) } == nil)
        #expect(Self.trip(10_000) { monitor, now, _ in try monitor.settings(entries: 1, now: now) }?.limit == .glitches)
    }

    @Test("PINGs without traffic are strikes of a client only, and name the reason that gRPC knows")
    func pings() throws {
        var monitor = AbuseMonitor(role: .server, limits: .downstream)
        for _ in 0..<3 { try monitor.ping(now: Self.at(milliseconds: 0), openCalls: true) }
        let fault = ConnectionFault(code: .enhanceYourCalm, reason: "too_many_pings", limit: .pingStrikes)
        #expect(throws: fault) { try monitor.ping(now: Self.at(milliseconds: 1), openCalls: true) }
        #expect(
            Self.trip(500, every: 1, role: .client) { monitor, now, _ in try monitor.ping(now: now, openCalls: true) }
                == nil)
        let flood = try #require(
            Self.trip(5000, role: .client) { monitor, now, _ in try monitor.ping(now: now, openCalls: true) })
        #expect(flood == (1000, .controlFrames))
    }

    @Test("A PING for each round trip is fine while DATA flows")
    func bandwidthProbe() {
        let probe = Self.trip(10_000, every: 1) { monitor, now, _ in
            monitor.traffic()
            try monitor.ping(now: now, openCalls: true)
        }
        #expect(probe == nil)
    }
}
