import NIOCore
import Testing

@testable import JetwayHTTP2

@Suite("Limits as configuration sets them")
struct HTTP2LimitsTests {
    @Test("Every limit has a key, and every key is a limit's name")
    func keys() {
        #expect(HTTP2Limits.keys == LimitName.allCases.map(\.rawValue))
    }

    @Test("What is printed can be set again", arguments: [HTTP2Limits.downstream, .upstream])
    func roundTrip(limits: HTTP2Limits) throws {
        var others = limits == .upstream ? HTTP2Limits.downstream : .upstream
        for (key, value) in limits.entries() { try others.set(key, to: value) }
        #expect(others == limits)
    }

    @Test("Each key changes its own limit and no other")
    func independent() throws {
        for key in HTTP2Limits.keys {
            var limits = HTTP2Limits.downstream
            for candidate in ["7m", "17000", "70000", "70", "0"] {
                if (try? limits.set(key, to: candidate)) != nil { break }
            }
            let changed = zip(limits.entries(), HTTP2Limits.downstream.entries()).filter { $0.value != $1.value }
            #expect(changed.map { $0.0.key } == [key])
        }
    }

    static let accepted: [(key: String, text: String, printed: String)] = [
        ("maxConcurrentStreams", "1", "1"), ("maxConcurrentStreams", "250", "250"),
        ("streamWindow", "262144", "256KiB"), ("streamWindow", "256KiB", "256KiB"), ("streamWindow", "65535", "65535"),
        ("streamWindow", "3B", "3"), ("streamWindowMaximum", "2147483647", "2147483647"),
        ("retainedBytes", "1GiB", "1GiB"), ("maxFrameSize", "16384", "16KiB"), ("maxFrameSize", "16777215", "16777215"),
        ("decoderTableBytes", "0", "0"), ("continuationFrames", "0", "0"), ("preface", "2s", "2s"),
        ("preface", "150ms", "150ms"), ("preface", "90s", "90s"), ("preface", "120s", "2m"), ("preface", "1h", "1h"),
        ("preface", "1500000us", "1500ms"), ("preface", "1000001ns", "1000001ns"), ("preface", "8760h", "8760h"),
        ("connectionMaxAge", "off", "off"), ("connectionMaxAge", "30m", "30m"), ("streamIdle", "5s", "5s"),
    ]

    @Test("Counts, sizes and times are read with their units", arguments: accepted)
    func accepts(key: String, text: String, printed: String) throws {
        var limits = HTTP2Limits.downstream
        limits.connectionMaxAge = .hours(2)
        try limits.set(key, to: text)
        #expect(limits.entries().first { $0.key == key }?.value == printed)
    }

    static let refused: [(key: String, text: String)] = [
        ("maxConcurrentStreams", ""), ("maxConcurrentStreams", "0"), ("maxConcurrentStreams", "-1"),
        ("maxConcurrentStreams", "1.5"), ("maxConcurrentStreams", "10KiB"), ("maxConcurrentStreams", "ten"),
        ("maxConcurrentStreams", "99999999999999999999"), ("maxConcurrentStreams", "2147483648"),
        ("maxConcurrentStreams", "\u{661}"), ("streamWindow", "2GiB"), ("streamWindow", "1 KiB"),
        ("streamWindow", "1kb"),
        ("streamWindow", "9223372036854775807GiB"), ("streamWindow", "1s"), ("connectionWindow", "65534"),
        ("maxFrameSize", "16383"), ("maxFrameSize", "16MiB"), ("preface", "10"), ("preface", "0s"),
        ("preface", "999us"),
        ("preface", "8761h"), ("preface", "-1s"), ("preface", "off"), ("preface", "1d"), ("preface", "1s "),
        ("preface", "9223372036854775807h"), ("connectionMaxAge", "never"), ("connectionMaxAge", "0"),
    ]

    @Test("What is not understood is refused with what would be, and changes nothing", arguments: refused)
    func refuses(key: String, text: String) throws {
        var limits = HTTP2Limits.downstream
        let problem = try #require(throws: LimitProblem.self) { try limits.set(key, to: text) }
        #expect(problem.key == key)
        #expect(problem.given == text)
        #expect(problem.accepted.contains("from"))
        #expect(limits == .downstream)
    }

    @Test("An unknown key is refused with the keys there are")
    func unknownKey() throws {
        var limits = HTTP2Limits.downstream
        let problem = try #require(throws: LimitProblem.self) { try limits.set("MaxConcurrentStreams", to: "1") }
        #expect(problem.accepted.contains("maxConcurrentStreams"))
        #expect(problem.description.contains("\"1\""))
    }

    @Test("The defaults are those of the published table")
    func defaults() {
        let down = HTTP2Limits.downstream
        #expect(down.maxConcurrentStreams == 100)
        #expect(down.streamWindow == 262_144)
        #expect(down.connectionWindow >= 2 * down.streamWindow)
        #expect(down.connectionWindowMaximum >= 2 * down.streamWindowMaximum)
        #expect((down.headerListBytes, down.headerFields, down.continuationFrames) == (16_384, 100, 5))
        #expect((down.resetsReceived, down.resetWindow) == (200, .seconds(30)))
        #expect((down.preface, down.firstSettings, down.keepaliveInterval) == (.seconds(10), .seconds(2), .hours(2)))
        let up = HTTP2Limits.upstream
        #expect((up.headerListBytes, up.headerFields, up.continuationFrames) == (65_536, 200, 8))
        #expect((up.resetsReceived, up.resetWindow) == (5000, .seconds(10)))
        #expect((up.preface, up.keepaliveInterval, up.connectionIdle) == (.seconds(5), .seconds(330), .minutes(5)))
        #expect(up.streamWindowMaximum == 1_048_576)
    }
}
