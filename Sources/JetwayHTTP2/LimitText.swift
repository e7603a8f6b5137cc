internal import NIOCore

/// The text forms of counts, sizes and times in the configuration of limits.
enum LimitText {
    private static let sizes: [(unit: String, factor: Int)] = [
        ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1), ("", 1),
    ]
    private static let times: [(unit: String, factor: Int)] = [
        ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1000),
        ("ns", 1),
    ]
    /// From a millisecond to a year: sums of a deadline and a time of this size cannot overflow.
    private static let timeRange = 1_000_000...8760 * 3_600_000_000_000

    static func count(in text: String) -> Int? {
        let (digits, unit) = self.split(text)
        return unit.isEmpty ? digits : nil
    }

    static func bytes(in text: String) -> Int? {
        self.value(in: text, units: self.sizes)
    }

    static func time(in text: String) -> TimeAmount? {
        guard let value = self.value(in: text, units: self.times), self.timeRange.contains(value) else { return nil }
        return .nanoseconds(Int64(value))
    }

    static func bytes(_ value: Int) -> String {
        guard value != 0, let (unit, factor) = self.sizes.first(where: { value % $0.factor == 0 && $0.factor > 1 })
        else {
            return String(value)
        }
        return String(value / factor) + unit
    }

    static func time(_ value: TimeAmount) -> String {
        let nanoseconds = value.nanoseconds
        guard let (unit, factor) = self.times.first(where: { nanoseconds % Int64($0.factor) == 0 }) else {
            return String(nanoseconds) + "ns"
        }
        return String(nanoseconds / Int64(factor)) + unit
    }

    private static func value(in text: String, units: [(unit: String, factor: Int)]) -> Int? {
        let (digits, unit) = self.split(text)
        guard let digits, let factor = units.first(where: { $0.unit == unit })?.factor else { return nil }
        let (product, overflow) = digits.multipliedReportingOverflow(by: factor)
        return overflow ? nil : product
    }

    /// The leading ASCII digits as a number (nil if there are none or too many), and what follows them.
    private static func split(_ text: String) -> (Int?, Substring) {
        let digits = text.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return (Int(Substring(digits)), text[digits.endIndex...])
    }
}
