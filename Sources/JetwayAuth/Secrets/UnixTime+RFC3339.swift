package import JetwayCore

extension UnixTime {
    /// `2026-12-31T23:59:59Z` (RFC 3339), with an offset and with fractions of a second too, which are dropped; nil for
    /// anything else. Without Foundation, whose formatters take what they cannot read for something near it.
    package init?(rfc3339 text: String) {
        var rest = Array(text.utf8)[...]
        guard let year = Self.number(&rest, digits: 4), Self.take(&rest, "-"),
            let month = Self.number(&rest, digits: 2), (1...12).contains(month), Self.take(&rest, "-"),
            let day = Self.number(&rest, digits: 2), (1...Self.days(in: month, of: year)).contains(day),
            Self.take(&rest, "T") || Self.take(&rest, "t"),
            let hour = Self.number(&rest, digits: 2), hour < 24, Self.take(&rest, ":"),
            let minute = Self.number(&rest, digits: 2), minute < 60, Self.take(&rest, ":"),
            let second = Self.number(&rest, digits: 2), second <= 60
        else { return nil }
        if Self.take(&rest, ".") {
            let fraction = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard !fraction.isEmpty else { return nil }
            rest = rest.dropFirst(fraction.count)
        }
        guard let offset = Self.offset(&rest), rest.isEmpty else { return nil }
        let days = Self.daysBefore(year: year, month: month, day: day)
        // A leap second is the second before it: whoever asks for one does not mean the next day.
        let time = hour * 3600 + minute * 60 + min(second, 59)
        self.init(seconds: Int64(days * 86_400 + time - offset))
    }

    /// `2026-12-31T23:59:59Z`. Times that RFC 3339 cannot write become the nearest that it can.
    package var rfc3339: String {
        let seconds = Swift.max(-62_135_596_800, Swift.min(seconds, 253_402_300_799))
        let days = Int((seconds - (seconds % 86_400 + 86_400) % 86_400) / 86_400)
        let time = Int((seconds % 86_400 + 86_400) % 86_400)
        let (year, month, day) = Self.date(days)
        let date = "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))"
        return "\(date)T\(Self.padded(time / 3600, 2)):\(Self.padded(time / 60 % 60, 2)):\(Self.padded(time % 60, 2))Z"
    }

    // MARK: Reading

    private static func take(_ rest: inout ArraySlice<UInt8>, _ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest = rest.dropFirst()
        return true
    }

    private static func number(_ rest: inout ArraySlice<UInt8>, digits: Int) -> Int? {
        guard rest.count >= digits else { return nil }
        var value = 0
        for digit in rest.prefix(digits) {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        rest = rest.dropFirst(digits)
        return value
    }

    /// Seconds east of Greenwich.
    private static func offset(_ rest: inout ArraySlice<UInt8>) -> Int? {
        if take(&rest, "Z") || take(&rest, "z") { return 0 }
        let sign = take(&rest, "+") ? 1 : take(&rest, "-") ? -1 : 0
        guard sign != 0, let hours = number(&rest, digits: 2), hours < 24, take(&rest, ":"),
            let minutes = number(&rest, digits: 2), minutes < 60
        else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }

    // MARK: The calendar

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1970-01-01, in years that begin in March, so that the leap day comes last.
    private static func daysBefore(year: Int, month: Int, day: Int) -> Int {
        let shifted = year + 400 - (month <= 2 ? 1 : 0)
        let monthFromMarch = (month + 9) % 12
        let leapDays = shifted / 4 - shifted / 100 + shifted / 400
        // 719,468 days from 0000-03-01 to 1970-01-01, and 400 years more, which were added.
        return shifted * 365 + leapDays + (153 * monthFromMarch + 2) / 5 + day - 1 - 719_468 - 146_097
    }

    private static func date(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let fromMarch = days + 719_468 + 146_097
        let era = fromMarch / 146_097
        let dayOfEra = fromMarch % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 - 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = "\(number)"
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
