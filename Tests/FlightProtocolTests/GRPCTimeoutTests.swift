import FlightProtocol
import NIOCore
import TestSupport
import Testing

@Suite struct GRPCTimeoutTests {
    @Test(
        "A timeout of 1 to 8 digits and a unit is a time",
        arguments: [
            ("1n", 1), ("0n", 0), ("0S", 0), ("12u", 12_000), ("100m", 100_000_000), ("00000001S", 1_000_000_000),
            ("1M", 60_000_000_000), ("1H", 3_600_000_000_000), ("99999999S", 99_999_999_000_000_000),
        ] as [(String, Int64)])
    func valid(_ value: String, _ nanoseconds: Int64) {
        #expect(GRPCTimeout.parse(value) == .nanoseconds(nanoseconds))
    }

    @Test(
        "A timeout too long to count is the longest, and a deadline can be made of it",
        arguments: ["99999999M", "99999999H"])
    func longest(_ value: String) throws {
        let time = try #require(GRPCTimeout.parse(value))
        #expect(time == GRPCTimeout.longest)
        #expect(NIODeadline.now() + time > .now())
    }

    @Test(
        "T40: anything else is no timeout",
        arguments: [
            "", "n", "1", "123456789n", "000000001S", "-1S", "+1S", " 1S", "1S ", "1 S", "1.5S", "1s", "1h", "1N",
            "1e3S", "0x1S", "1SS", "S1", "\u{661}S", "1\u{17f}", "1n\u{301}", "infinity",
        ])
    func junk(_ value: String) {
        #expect(GRPCTimeout.parse(value) == nil)
    }

    @Test(
        "The time left is written in the finest unit that needs 8 digits, rounded down",
        arguments: [
            (Int64.min, "0n"), (-1, "0n"), (0, "0n"), (1, "1n"), (99_999_999, "99999999n"), (100_000_000, "100000u"),
            (100_000_999, "100000u"), (99_999_999_999, "99999999u"), (100_000_000_000, "100000m"),
            (3_600_000_000_000, "3600000m"), (100_000_000_000_000, "100000S"), (Int64.max, "2562047H"),
        ] as [(Int64, String)])
    func format(_ nanoseconds: Int64, _ value: String) {
        #expect(GRPCTimeout.format(.nanoseconds(nanoseconds)) == value)
    }

    @Test("A time that is passed on never grows and is never lost")
    func shrinks() throws {
        var random = SeededGenerator(seed: 40)
        for _ in 0..<10_000 {
            let nanoseconds =
                Int64.random(in: 1...Int64.max / 2, using: &random) >> Int64.random(in: 0...61, using: &random)
            let left = max(1, nanoseconds)
            let value = GRPCTimeout.format(.nanoseconds(left))
            let parsed = try #require(GRPCTimeout.parse(value)).nanoseconds
            guard parsed <= left, parsed > 0, left - parsed <= left / 27_000 else {
                Issue.record("\(left) became \(value)")
                return
            }
        }
    }
}
