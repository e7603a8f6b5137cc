internal import StrictJSON

/// Times in a configuration: a whole number and a unit.
enum DurationText {
    private static let units: [(name: String, factor: Int)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    static func parse(_ text: String, in range: ClosedRange<Duration>) throws(JSONMismatch) -> Duration {
        guard let milliseconds = UnitText.value(text, units: units) else {
            throw JSONMismatch("is no time", hint: "write a whole number and one of ms, s, m, h, d, as in \"12h\"")
        }
        guard range.contains(.milliseconds(milliseconds)) else {
            throw JSONMismatch("must be from \(self.text(range.lowerBound)) to \(self.text(range.upperBound))")
        }
        return .milliseconds(milliseconds)
    }

    /// The time in its largest unit.
    static func text(_ duration: Duration) -> String {
        let parts = duration.components
        let milliseconds = Int(parts.seconds) * 1000 + Int(parts.attoseconds / 1_000_000_000_000_000)
        guard milliseconds != 0, let unit = units.first(where: { milliseconds % $0.factor == 0 }) else {
            return "\(milliseconds / 1000)s"
        }
        return "\(milliseconds / unit.factor)\(unit.name)"
    }
}

extension JSONCursor {
    func duration(in range: ClosedRange<Duration>) -> Duration? {
        parse { text throws(JSONMismatch) in try DurationText.parse(text, in: range) }
    }
}

extension Duration {
    static func minutes(_ count: Int) -> Duration { .seconds(60 * count) }
    static func hours(_ count: Int) -> Duration { .seconds(3600 * count) }
    static func days(_ count: Int) -> Duration { .seconds(86_400 * count) }

    var json: JSONValue { .string(DurationText.text(self)) }
}
