import Foundation
import JetwayCore
import TestSupport
import Testing

@testable import JetwayAuth

@Suite struct RFC3339Tests {
    @Test(
        "Times are read in every form of RFC 3339",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59Z", -1), ("2026-01-02T03:04:05Z", 1_767_323_045),
            ("2026-01-02t03:04:05z", 1_767_323_045), ("2026-01-02T03:04:05.999Z", 1_767_323_045),
            ("2026-01-02T03:04:05+01:30", 1_767_317_645), ("2026-01-02T03:04:05-08:00", 1_767_351_845),
            ("2024-02-29T00:00:00Z", 1_709_164_800), ("2000-02-29T00:00:00Z", 951_782_400),
            ("1990-12-31T23:59:60Z", 662_687_999), ("0001-01-01T00:00:00Z", -62_135_596_800),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
        ])
    func reading(text: String, seconds: Int64) {
        #expect(UnixTime(rfc3339: text)?.seconds == seconds)
    }

    @Test(
        "What is no such time is not read as one near it",
        arguments: [
            "", "2026-01-02", "2026-01-02T03:04:05", "2026-01-02 03:04:05Z", "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z",
            "2026-04-31T00:00:00Z", "2026-01-02T24:00:00Z", "2026-01-02T03:60:00Z", "2026-01-02T03:04:61Z",
            "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05+25:00", "2026-01-02T03:04:05+0100", "2026-01-02T03:04:05ZZ",
            " 2026-01-02T03:04:05Z", "+026-01-02T03:04:05Z", "２026-01-02T03:04:05Z",
        ])
    func refused(text: String) {
        #expect(UnixTime(rfc3339: text) == nil)
    }

    @Test("Times that are written read the same, and as Foundation reads them", arguments: [1, 2] as [UInt64])
    func writing(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let formatter = ISO8601DateFormatter()
        for _ in 0..<500 {
            let seconds = Int64(generator.below(8_000_000_000)) - 2_000_000_000
            let text = UnixTime(seconds: seconds).rfc3339
            #expect(UnixTime(rfc3339: text)?.seconds == seconds)
            #expect(formatter.date(from: text) == Date(timeIntervalSince1970: Double(seconds)))
        }
    }

    @Test("Times that have no such form become the nearest that has")
    func extremes() {
        #expect(UnixTime(seconds: .max).rfc3339 == "9999-12-31T23:59:59Z")
        #expect(UnixTime(seconds: .min).rfc3339 == "0001-01-01T00:00:00Z")
    }
}
