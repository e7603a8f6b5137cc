internal import Foundation

/// How far a time zone is from UTC and when that changes, taken from the system once, so that telling the time of day
/// is cheap.
package struct ZoneOffsets: Sendable, Hashable {
    package let name: String
    /// Seconds since 1970 from which the offset beside it holds, ascending. The first holds before too.
    private let starts: [Int]
    private let offsets: [Int]

    /// Before the first and after the last year nothing changes any more.
    private static let years = 2000...2060

    package static let utc = ZoneOffsets(named: "UTC") ?? ZoneOffsets(name: "UTC", starts: [0], offsets: [0])

    /// The zone of a name of the IANA's database, such as `Europe/Paris`; nil if the system has none.
    package init?(named name: String) {
        // The system also takes offsets and abbreviations, which are no places and know no summer.
        guard name == "UTC" || name.contains("/"), let zone = TimeZone(identifier: name)
        else { return nil }
        var date = Date(timeIntervalSince1970: TimeInterval((Self.years.lowerBound - 1970) * 31_556_952))
        let end = Date(timeIntervalSince1970: TimeInterval((Self.years.upperBound - 1970) * 31_556_952))
        var starts = [Int(date.timeIntervalSince1970)]
        var offsets = [zone.secondsFromGMT(for: date)]
        while let next = zone.nextDaylightSavingTimeTransition(after: date), next > date, next < end {
            starts.append(Int(next.timeIntervalSince1970))
            offsets.append(zone.secondsFromGMT(for: next))
            date = next
        }
        self.init(name: name, starts: starts, offsets: offsets)
    }

    private init(name: String, starts: [Int], offsets: [Int]) {
        self.name = name
        self.starts = starts
        self.offsets = offsets
    }

    /// Seconds to add to UTC.
    package func offset(at seconds: Int) -> Int {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= seconds { low = middle } else { high = middle }
        }
        return offsets[low]
    }
}
