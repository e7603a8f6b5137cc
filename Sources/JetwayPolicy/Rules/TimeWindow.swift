internal import Foundation
internal import StrictJSON

/// The days of the week as rules name them.
package enum Weekday: String, Sendable, CaseIterable {
    case mon, tue, wed, thu, fri, sat, sun
}

/// When a rule holds: a time of day, days of the week, a span of time. All that is given must hold.
package struct TimeWindow: Sendable, Hashable {
    /// Minutes of the day from the first on and before the second; the second may lie on the next day.
    package struct Hours: Sendable, Hashable {
        package var from: Int
        package var until: Int
    }

    package var hours: Hours?
    /// Of a time of day that goes on into the next day: the days on which it begins.
    package var days: Set<Weekday>?
    package var zone = ZoneOffsets.utc
    /// Seconds since 1970: from the first on and before the second.
    package var since: Int?
    package var until: Int?

    /// - Parameter seconds: since 1970.
    package func contains(_ seconds: Int) -> Bool {
        if let since, seconds < since { return false }
        if let until, seconds >= until { return false }
        guard hours != nil || days != nil else { return true }
        let (local, overflow) = seconds.addingReportingOverflow(zone.offset(at: seconds))
        guard !overflow else { return false }
        let minute = Self.remainder(local, 86_400) / 60
        // 1970-01-01 was a Thursday.
        var day = Self.remainder((local - Self.remainder(local, 86_400)) / 86_400 + 3, 7)
        if let hours {
            guard hours.from < hours.until else {
                if minute < hours.until { day = (day + 6) % 7 } else if minute < hours.from { return false }
                return days?.contains(Weekday.allCases[day]) ?? true
            }
            guard (hours.from..<hours.until).contains(minute) else { return false }
        }
        return days?.contains(Weekday.allCases[day]) ?? true
    }

    private static func remainder(_ value: Int, _ divisor: Int) -> Int {
        let remainder = value % divisor
        return remainder < 0 ? remainder + divisor : remainder
    }
}

// MARK: Reading

extension TimeWindow {
    /// Reads the keys of `when` that are about time; nil if there are none.
    static func read(_ object: JSONObject) -> Self? {
        var window = Self()
        let hours = object.optional("hours") { $0.parse(Self.hours) }
        window.hours = hours?.0
        window.days = object.optional("days") { $0.distinct { $0.choice(of: Weekday.self) } }.map(Set.init)
        let zone = object.optional("zone") { $0.parse(Self.zone) }
        window.since = object.optional("since") { $0.parse(Self.instant) }
        window.until = object.optional("until") { $0.parse(Self.instant) }
        if zone != nil, hours?.1 != nil {
            object.problems.add(object.pointer.appending("zone"), "is there twice: \"hours\" has one")
        } else if zone != nil, !object.contains("hours"), !object.contains("days") {
            object.problems.add(object.pointer.appending("zone"), "needs \"hours\" or \"days\"")
        }
        window.zone = zone ?? hours?.1 ?? .utc
        if let since = window.since, let until = window.until, since >= until {
            object.problems.add(object.pointer.appending("until"), "must be after \"since\"")
        }
        return window == Self() ? nil : window
    }

    private static func zone(_ text: String) throws(JSONMismatch) -> ZoneOffsets {
        guard let zone = ZoneOffsets(named: text) else {
            throw JSONMismatch("is no time zone", hint: "write one of the IANA's names, such as Europe/Paris")
        }
        return zone
    }

    /// `06:00-22:00` with a time zone behind it, or without.
    private static func hours(_ text: String) throws(JSONMismatch) -> (Hours, ZoneOffsets?) {
        let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        let times = (parts.first ?? "").split(separator: "-", omittingEmptySubsequences: false)
        guard times.count == 2, let from = minute(times[0]), let until = minute(times[1]), from != until, from < 1440
        else {
            throw JSONMismatch(
                "is no time of day", hint: "write HH:MM-HH:MM with a time zone, as in \"06:00-22:00 Europe/Paris\"")
        }
        return (Hours(from: from, until: until), parts.count == 2 ? try zone(String(parts[1])) : nil)
    }

    private static func minute(_ text: Substring) -> Int? {
        let digits = Array(text.utf8)
        guard digits.count == 5, digits[2] == UInt8(ascii: ":"), let hour = number(digits[0...1]),
            let minute = number(digits[3...4]), minute < 60, hour < 24 || hour == 24 && minute == 0
        else { return nil }
        return hour * 60 + minute
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard digits.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
        return Int(String(decoding: digits, as: UTF8.self))
    }

    /// RFC 3339, in whole seconds.
    static func instant(_ text: String) throws(JSONMismatch) -> Int {
        guard let date = try? Date.ISO8601FormatStyle().parse(text) else {
            throw JSONMismatch("is no date with time", hint: "write RFC 3339, as in \"2026-01-31T00:00:00Z\"")
        }
        return Int(date.timeIntervalSince1970)
    }
}
