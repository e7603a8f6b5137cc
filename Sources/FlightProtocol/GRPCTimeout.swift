package import NIOCore

/// The value of `grpc-timeout` (gRPC over HTTP/2, "Requests"): up to 8 digits and a unit.
package enum GRPCTimeout {
    /// The longest time that `parse` returns, about 146 years: a deadline can be made of it without overflow.
    package static let longest = TimeAmount.nanoseconds(Int64.max / 2)

    /// The units, finest first, and their nanoseconds.
    private static let units: [(suffix: Character, nanoseconds: Int64)] = [
        ("n", 1), ("u", 1000), ("m", 1_000_000), ("S", 1_000_000_000), ("M", 60_000_000_000), ("H", 3_600_000_000_000),
    ]
    private static let digits = 8

    /// The time that `value` gives, at most `longest`, or nil if it is not 1 to 8 digits and one of the units H, M, S,
    /// m, u, n. 0 is a time: grpc-go sends it for a deadline that has passed.
    package static func parse(_ value: String) -> TimeAmount? {
        guard let suffix = value.last, let unit = units.first(where: { $0.suffix == suffix }) else { return nil }
        let number = value.utf8.dropLast()
        guard (1...digits).contains(number.count) else { return nil }
        var count: Int64 = 0
        for digit in number {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            count = count * 10 + Int64(digit - UInt8(ascii: "0"))
        }
        let (nanoseconds, overflow) = count.multipliedReportingOverflow(by: unit.nanoseconds)
        return overflow ? longest : min(.nanoseconds(nanoseconds), longest)
    }

    /// The value for the time that is left: in the finest unit that needs at most 8 digits, rounded down. A time that
    /// is left never becomes 0, and one that is not (0 or negative) is `0n`.
    package static func format(_ remaining: TimeAmount) -> String {
        let nanoseconds = max(0, remaining.nanoseconds)
        for unit in units where nanoseconds / unit.nanoseconds <= 99_999_999 {
            return "\(nanoseconds / unit.nanoseconds)\(unit.suffix)"
        }
        return "99999999H"
    }
}
