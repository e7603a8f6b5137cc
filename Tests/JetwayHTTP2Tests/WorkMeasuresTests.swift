import NIOCore
import Testing

@testable import JetwayHTTP2

@Suite("Frames that do no work")
struct WorkMeasuresTests {
    private typealias Monitors = AbuseMonitorTests

    @Test("WINDOW_UPDATEs are granted from the start, by each stream and by DATA sent")
    func windowUpdates() throws {
        let flood = try #require(
            Monitors.trip(5000) { monitor, now, _ in try monitor.windowUpdate(streamLevel: true, now: now) })
        #expect(flood == (1000, .windowUpdates))
        let streams = try #require(
            Monitors.trip(5000) { monitor, now, round in
                if round < 10 { monitor.streamOpened() }
                try monitor.windowUpdate(streamLevel: true, now: now)
            })
        #expect(streams == (1100, .windowUpdates))
        let data = try #require(
            Monitors.trip(50_000) { monitor, now, round in
                if round < 100 { monitor.dataSent(bytes: 65_537) }
                try monitor.windowUpdate(streamLevel: true, now: now)
            })
        #expect(data == (1000 + 100 * 5 * 6, .windowUpdates))
    }

    @Test("A download of any length may be answered by two WINDOW_UPDATEs for each 16 KiB")
    func longDownload() {
        let answered = Monitors.trip(200_000) { monitor, now, _ in
            monitor.dataSent(bytes: 16_384)
            try monitor.windowUpdate(streamLevel: true, now: now)
            try monitor.windowUpdate(streamLevel: false, now: now)
        }
        #expect(answered == nil)
    }

    @Test("Small messages may be answered by four WINDOW_UPDATEs each, for as long as they come")
    func smallMessages() {
        let answered = Monitors.trip(200_000) { monitor, now, _ in
            monitor.dataSent(bytes: 20)
            for _ in 0..<2 {
                try monitor.windowUpdate(streamLevel: true, now: now)
                try monitor.windowUpdate(streamLevel: false, now: now)
            }
        }
        #expect(answered == nil)
    }

    @Test("A long download does not pay for a flood after it")
    func floodAfterDownload() throws {
        let flood = try #require(
            Monitors.trip(1_000_000) { monitor, now, round in
                if round == 0 { for _ in 0..<1_000_000 { monitor.dataSent(bytes: 16_384) } }
                try monitor.windowUpdate(streamLevel: false, now: now)
            })
        #expect(flood == (16_000, .windowUpdates))
    }

    @Test("Updates now and then never end a connection")
    func slowUpdates() {
        #expect(
            Monitors.trip(100_000, every: 100) { monitor, now, _ in
                try monitor.windowUpdate(streamLevel: true, now: now)
            } == nil)
        #expect(
            Monitors.trip(100_000, every: 50) { monitor, now, _ in try monitor.windowUpdate(streamLevel: true, now: now)
            } != nil)
    }

    @Test("Empty DATA is accepted once in a row, and always where it ends its stream")
    func emptyData() throws {
        var monitor = AbuseMonitor(role: .server, limits: .downstream)
        for _ in 0..<10 {
            try monitor.dataFrame(payload: 0, padding: 0, endStream: false)
            try monitor.dataFrame(payload: 1, padding: 0, endStream: false)
            try monitor.dataFrame(payload: 0, padding: 0, endStream: true)
            try monitor.dataFrame(payload: 0, padding: 0, endStream: true)
        }
        try monitor.dataFrame(payload: 0, padding: 5, endStream: false)
        #expect(throws: ConnectionFault.limit(.emptyDataFrames)) {
            try monitor.dataFrame(payload: 0, padding: 5, endStream: false)
        }
    }

    @Test("Padding ends the connection at eight times the slack, or once it is seven eighths of everything")
    func padding() throws {
        let useless = try #require(
            Monitors.trip(100_000) { monitor, _, _ in try monitor.dataFrame(payload: 1, padding: 247, endStream: false)
            })
        #expect(useless.limit == .uselessBytes)
        #expect((33_000...35_500).contains(useless.event))
        let fair = Monitors.trip(100_000) { monitor, _, _ in
            try monitor.dataFrame(payload: 40, padding: 247, endStream: false)
        }
        #expect(fair == nil)
    }

    @Test("Any number of calls may end with empty DATA and no data at all")
    func halfCloses() {
        let closes = Monitors.trip(2_000_000) { monitor, _, _ in
            try monitor.dataFrame(payload: 0, padding: 0, endStream: true)
        }
        #expect(closes == nil)
    }

    @Test("Frames of unknown types are paid for by useful ones")
    func unknownFrames() throws {
        let useless = try #require(Monitors.trip(1000) { monitor, _, _ in try monitor.uselessBytes(16_384) })
        #expect(useless == (513, .uselessBytes))
        let paid = Monitors.trip(1_000_000) { monitor, _, _ in
            monitor.usefulBytes(4096)
            try monitor.uselessBytes(16_384)
        }
        #expect(paid == nil)
    }

    @Test("A long honest life does not pay for an endless flood")
    func decay() throws {
        let flood = try #require(
            Monitors.trip(10_000_000) { monitor, _, round in
                if round < 100_000 { monitor.usefulBytes(1 << 20) }
                try monitor.uselessBytes(1 << 20)
            })
        #expect(flood.limit == .uselessBytes)
        #expect(flood.event < 150_000)
    }
}
