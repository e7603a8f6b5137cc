import NIOCore
import Testing

@testable import JetwayHTTP2

@Suite("Counting over a sliding window")
struct RateWindowTests {
    private static func at(_ seconds: UInt64) -> NIODeadline {
        .uptimeNanoseconds(seconds * 1_000_000_000)
    }

    @Test("A burst is counted exactly, then fades over the next window and is forgotten")
    func fades() {
        var window = RateWindow(.seconds(10))
        for count in 1...100 { #expect(window.add(now: Self.at(5)) == count) }
        #expect(window.count(now: Self.at(14)) == 100)
        #expect(window.count(now: Self.at(15)) == 100)
        #expect(window.count(now: Self.at(20)) == 50)
        #expect(window.count(now: Self.at(24)) == 10)
        #expect(window.count(now: Self.at(25)) == 0)
        #expect(window.add(3, now: Self.at(1000)) == 3)
    }

    @Test("A steady rate is counted as that rate, however long it lasts")
    func steady() {
        var window = RateWindow(.seconds(10))
        for second in 0..<100_000 as Range<UInt64> {
            let count = window.add(now: Self.at(second))
            #expect(count <= 11)
            if second > 20 { #expect(count >= 10) }
        }
    }

    @Test("Time that stands still or goes back, and counts beyond measure, do not trap")
    func extremes() {
        var window = RateWindow(.nanoseconds(0))
        #expect(window.add(.max, now: .distantFuture) > 0)
        #expect(window.add(.max, now: .distantPast) > 0)
        #expect(window.add(.max, now: .distantFuture) > 0)
        var other = RateWindow(.nanoseconds(.max))
        _ = other.add(now: .distantPast)
        #expect(other.add(now: .distantFuture) > 0)
    }
}
