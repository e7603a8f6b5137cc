internal import StrictJSON

/// Sizes and times of limits as text.
enum Quantity {
    private static let sizes: [(name: String, factor: Int)] = [
        ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40), ("PiB", 1 << 50),
    ]
    private static let times: [(name: String, factor: Int)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]
    /// Times from a millisecond to a year.
    private static let longest = 365 * 86_400_000

    static func bytes(_ text: String) throws(JSONMismatch) -> Int {
        guard let bytes = UnitText.value(text, units: sizes), bytes > 0, bytes < .max else {
            throw JSONMismatch(
                "is no size", hint: "write a whole number and one of B, KiB, MiB, GiB, TiB, as in \"200MiB\"")
        }
        return bytes
    }

    static func time(_ text: String) throws(JSONMismatch) -> Duration {
        guard let milliseconds = UnitText.value(text, units: times), (1...longest).contains(milliseconds) else {
            throw JSONMismatch(
                "is no time from 1ms to 365d", hint: "write a whole number and one of ms, s, m, h, d, as in \"10m\"")
        }
        return .milliseconds(milliseconds)
    }
}
