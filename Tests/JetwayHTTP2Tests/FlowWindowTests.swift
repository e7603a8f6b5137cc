import NIOCore
import TestSupport
import Testing

@testable import JetwayHTTP2

@Suite("Flow windows")
struct FlowWindowTests {
    @Test("A send window takes every update up to 2^31-1 and refuses the first byte above")
    func sendWindowEdge() {
        var window = SendWindow(65_535)
        expect(window.adjust(by: Int(Int32.max) - 65_535))
        expect(window.available == SendWindow.maximum)
        expect(!window.adjust(by: 1))
        expect(window.available == SendWindow.maximum)
    }

    @Test("A lowered initial window makes a send window negative, and updates bring it back")
    func negativeSendWindow() {
        var window = SendWindow(100)
        window.consume(80)
        expect(window.adjust(by: -50))
        expect(window.available == -30)
        expect(window.adjust(by: 40))
        expect(window.available == 10)
    }

    @Test("A peer that sends one byte more than it may is noticed")
    func receiveBeyondWindow() {
        var window = ReceiveWindow(size: 1000)
        expect(window.receive(1000))
        expect(!window.receive(1))
    }

    @Test("Credit goes back in pieces of at least half the window")
    func releaseInHalves() {
        var window = ReceiveWindow(size: 1000)
        expect(window.receive(900))
        expect(window.release(400) == 0)
        expect(window.owed == 400)
        expect(window.release(100) == 500)
        expect(window.available == 600)
        expect(window.owed == 0)
        expect(window.release(400) == 0)
    }

    @Test("A larger window gives the difference and all that was owed at once; a smaller one changes nothing")
    func grow() {
        var window = ReceiveWindow(size: 1000)
        expect(window.receive(1000))
        expect(window.release(300) == 0)
        expect(window.grow(to: 2000) == 1300)
        expect(window.available == 1300)
        expect(window.grow(to: 1500) == 0)
        expect(window.size == 2000)
    }

    @Test("Whatever is received and released, what is held, owed and open adds up to the window", arguments: 0..<50)
    func windowInvariant(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var window = ReceiveWindow(size: 1 + Int(random.next() % 100_000))
        var held = 0
        for _ in 0..<2000 {
            switch random.next() % 8 {
            case 0: _ = window.grow(to: min(window.size * 2, 1 << 23))
            case 1...3:
                let bytes = Int(random.next() % UInt64(window.size))
                let fits = bytes <= window.available
                expect(window.receive(bytes) == fits)
                if fits { held += bytes }
            default:
                guard held > 0 else { continue }
                let bytes = 1 + Int(random.next() % UInt64(held))
                held -= bytes
                _ = window.release(bytes)
            }
            expect(window.available + window.owed + held == window.size)
        }
    }
}

@Suite("Window probe")
struct WindowProbeTests {
    @Test("A stream that fills two thirds of its window in one round trip is held up by it")
    func filled() {
        var probe = WindowProbe()
        var share = WindowProbe.Share()
        expect(!probe.record(200, share: &share, window: 300))
        expect(probe.start(share: share, window: 300))
        expect(!probe.start(share: share, window: 300))
        expect(probe.finish())
        expect(probe.record(10, share: &share, window: 300))
        // It is said once for a round.
        expect(!probe.record(10, share: &share, window: 300))
    }

    @Test("A stream that receives little in a round trip is not held up, and old rounds do not count")
    func notFilled() {
        var probe = WindowProbe()
        var share = WindowProbe.Share()
        expect(!probe.record(100, share: &share, window: 300))
        expect(probe.start(share: share, window: 300))
        expect(probe.finish())
        expect(!probe.record(199, share: &share, window: 300))
        for _ in 0..<2 {
            var busy = WindowProbe.Share()
            expect(!probe.record(299, share: &busy, window: 300))
            expect(probe.start(share: busy, window: 300))
            expect(probe.finish())
        }
        expect(!probe.record(500, share: &share, window: 300))
    }

    @Test("Small messages are no reason to ask")
    func small() {
        var probe = WindowProbe()
        var share = WindowProbe.Share()
        expect(!probe.record(74, share: &share, window: 300))
        expect(!probe.start(share: share, window: 300))
        expect(!probe.record(1, share: &share, window: 300))
        expect(probe.start(share: share, window: 300))
    }

    @Test("An acknowledgement that nobody waits for changes nothing")
    func strayAcknowledgement() {
        var probe = WindowProbe()
        let before = probe
        expect(!probe.finish())
        expect(probe == before)
    }
}

@Suite("Stream states")
struct StreamStateTests {
    @Test("Head, DATA and trailers are taken in this order and in no other")
    func order() {
        var state = StreamState()
        expect(state.receiveData() == .protocolError)
        expect(state.receiveHeaders(endStream: false) == .head)
        expect(state.receiveData() == nil)
        expect(state.receiveHeaders(endStream: false) == .fault(.protocolError))
        expect(state.receiveHeaders(endStream: true) == .trailers)
        expect(state.receiveData() == .streamClosed)
        expect(state.receiveHeaders(endStream: true) == .fault(.streamClosed))
    }

    @Test("Interim heads precede the final one and never end a stream")
    func informational() {
        var state = StreamState()
        expect(state.receiveHeaders(endStream: false, isInformational: true) == .head)
        expect(state.receiving == .expectingHead)
        expect(state.receiveHeaders(endStream: true, isInformational: true) == .fault(.protocolError))
        expect(state.receiveHeaders(endStream: true) == .head)
        expect(state.receiving == .ended)
    }

    @Test("A stream is closed when both directions have ended")
    func closed() {
        var state = StreamState()
        _ = state.receiveHeaders(endStream: true)
        expect(!state.isClosed)
        state.sendHead(endStream: false)
        expect(!state.isClosed)
        state.sendEnd()
        expect(state.isClosed)
    }
}

@Suite("Stalls")
struct StallClockTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    @Test("Only a stream with something to send can stall")
    func idleNeverStalls() {
        var clock = StallClock()
        expect(clock.check(isBlocked: false, progress: 4096, now: start) == nil)
        expect(clock.check(isBlocked: false, progress: 4096, now: start + .hours(100)) == nil)
        expect(clock.check(isBlocked: true, progress: 4096, now: start + .hours(100)) == .zero)
    }

    @Test("A dribble below the progress of a minute counts as stalled; more does not")
    func dribble() {
        var slow = StallClock()
        var enough = StallClock()
        _ = slow.check(isBlocked: true, progress: 4096, now: start)
        _ = enough.check(isBlocked: true, progress: 4096, now: start)
        for minute in 1...30 {
            slow.wrote(4095)
            enough.wrote(4096)
            let now = start + .minutes(Int64(minute))
            expect(slow.check(isBlocked: true, progress: 4096, now: now) == .minutes(Int64(minute)))
            expect(enough.check(isBlocked: true, progress: 4096, now: now) == .zero)
        }
    }

    @Test("A stream on which anything moves is not idle")
    func idle() {
        var clock = IdleClock()
        expect(clock.check(activity: 1, now: start) == .zero)
        expect(clock.check(activity: 1, now: start + .seconds(9)) == .seconds(9))
        expect(clock.check(activity: 2, now: start + .seconds(10)) == .zero)
        expect(clock.check(activity: 2, now: start + .seconds(11)) == .seconds(1))
    }
}
