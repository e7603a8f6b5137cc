/// A whole number with a unit behind it, such as `12h` or `200MiB`.
package enum UnitText {
    /// The number in the smallest unit, `Int.max` if it is larger; nil for what is no number with one of the units.
    package static func value(_ text: String, units: [(name: String, factor: Int)]) -> Int? {
        let digits = text.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard let number = Int(Substring(digits)),
            let factor = units.first(where: { $0.name == text[digits.endIndex...] })?.factor
        else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? .max : product
    }
}
