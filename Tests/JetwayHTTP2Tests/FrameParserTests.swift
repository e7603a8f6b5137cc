import NIOCore
import Testing

@testable import JetwayHTTP2

@Suite("Frames as RFC 9113 lays them out")
struct FrameParserTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        let events: [FrameEvent]
        var testDescription: String { self.name }
    }

    static let one = StreamID(rawValue: 1)

    static func headers(
        _ block: [UInt8], end: Bool = false, on dependency: UInt32? = nil, continuations: Int = 0
    ) -> FrameEvent {
        .headers(
            HeadersFrame(
                streamID: one, endStream: end, dependency: dependency.map(StreamID.init(rawValue:)),
                block: ByteBuffer(bytes: block), continuations: continuations))
    }

    static func data(_ length: Int, padded: Bool = false, end: Bool = false) -> FrameEvent {
        .data(streamID: one, length: length, padded: padded, endStream: end)
    }

    static let cases: [Case] = [
        Case(
            name: "DATA", bytes: Wire.frame(0, stream: 1, [1, 2, 3]),
            events: [data(3), .dataPayload(ByteBuffer(bytes: [1, 2, 3])), .dataEnd]),
        Case(
            name: "DATA with END_STREAM and undefined flags", bytes: Wire.frame(0, flags: 0xf7, stream: 1, [9]),
            events: [data(1, end: true), .dataPayload(ByteBuffer(bytes: [9])), .dataEnd]),
        Case(name: "empty DATA", bytes: Wire.frame(0, flags: 1, stream: 1), events: [data(0, end: true), .dataEnd]),
        Case(
            name: "padded DATA", bytes: Wire.frame(0, flags: 8, stream: 1, [2, 7, 8, 0, 0]),
            events: [
                data(5, padded: true), .dataPadding(1), .dataPayload(ByteBuffer(bytes: [7, 8])), .dataPadding(2),
                .dataEnd,
            ]),
        Case(
            name: "DATA with a padding length of 0", bytes: Wire.frame(0, flags: 8, stream: 1, [0, 5]),
            events: [data(2, padded: true), .dataPadding(1), .dataPayload(ByteBuffer(bytes: [5])), .dataEnd]),
        Case(
            name: "DATA that is all padding", bytes: Wire.frame(0, flags: 8, stream: 1, [3, 0, 0, 0]),
            events: [data(4, padded: true), .dataPadding(4), .dataEnd]),
        Case(
            name: "DATA of a single padding length octet", bytes: Wire.frame(0, flags: 8, stream: 1, [0]),
            events: [data(1, padded: true), .dataPadding(1), .dataEnd]),
        Case(
            name: "HEADERS", bytes: Wire.frame(1, flags: 4, stream: 1, [0x82, 0x84]), events: [headers([0x82, 0x84])]),
        Case(
            name: "HEADERS on a stream with the reserved bit set",
            bytes: Wire.frame(1, flags: 5, stream: 0x8000_0001, [0x82]), events: [headers([0x82], end: true)]),
        Case(name: "HEADERS without a block", bytes: Wire.frame(1, flags: 4, stream: 1), events: [headers([])]),
        Case(
            name: "HEADERS with priority", bytes: Wire.frame(1, flags: 0x24, stream: 1, [0x80, 0, 0, 9, 200, 0x82]),
            events: [headers([0x82], on: 9)]),
        Case(
            name: "HEADERS with padding", bytes: Wire.frame(1, flags: 0xc, stream: 1, [2, 0x82, 0, 0]),
            events: [headers([0x82])]),
        Case(
            name: "HEADERS of priority and padding only",
            bytes: Wire.frame(1, flags: 0x2c, stream: 1, [1, 0, 0, 0, 1, 15, 0]), events: [headers([], on: 1)]),
        Case(
            name: "HEADERS and CONTINUATIONs",
            bytes: Wire.frame(1, flags: 1, stream: 1, [0x82]) + Wire.frame(9, stream: 1, [0x84])
                + Wire.frame(9, flags: 4, stream: 1, [0x86, 0x87]),
            events: [headers([0x82, 0x84, 0x86, 0x87], end: true, continuations: 2)]),
        Case(
            name: "padded HEADERS and an empty CONTINUATION",
            bytes: Wire.frame(1, flags: 8, stream: 1, [1, 0x82, 0]) + Wire.frame(9, flags: 4, stream: 1),
            events: [headers([0x82], continuations: 1)]),
        Case(
            name: "PRIORITY", bytes: Wire.frame(2, stream: 1, [0x80, 0, 0, 3, 16]),
            events: [.priority(one, dependency: StreamID(rawValue: 3))]),
        Case(
            name: "PRIORITY of another length",
            bytes: Wire.frame(2, stream: 1, [0, 0, 0, 3]) + Wire.frame(2, stream: 1)
                + Wire.frame(6, .init(repeating: 7, count: 8)),
            events: [
                .streamFault(one, .frameSizeError, reason: "PRIORITY is not 5 bytes long"),
                .streamFault(one, .frameSizeError, reason: "PRIORITY is not 5 bytes long"),
                .ping(0x0707_0707_0707_0707),
            ]),
        Case(name: "RST_STREAM", bytes: Wire.frame(3, stream: 1, [0, 0, 0, 8]), events: [.resetStream(one, .cancel)]),
        Case(
            name: "RST_STREAM with a code nobody knows", bytes: Wire.frame(3, stream: 1, [0xde, 0xad, 0xbe, 0xef]),
            events: [.resetStream(one, HTTP2ErrorCode(rawValue: 0xdead_beef))]),
        Case(
            name: "SETTINGS", bytes: Wire.frame(4, [0, 4, 0, 1, 0, 0, 0xab, 0xcd, 0, 0, 0, 1]),
            events: [.settings([SettingsEntry(id: 4, value: 65_536), SettingsEntry(id: 0xabcd, value: 1)])]),
        Case(name: "empty SETTINGS", bytes: Wire.frame(4), events: [.settings([])]),
        Case(name: "SETTINGS acknowledgement", bytes: Wire.frame(4, flags: 1), events: [.settingsAcknowledged]),
        Case(name: "PING", bytes: Wire.frame(6, [1, 2, 3, 4, 5, 6, 7, 8]), events: [.ping(0x0102_0304_0506_0708)]),
        Case(
            name: "PING acknowledgement", bytes: Wire.frame(6, flags: 1, [0, 0, 0, 0, 0, 0, 0, 1]),
            events: [.pingAcknowledged(1)]),
        Case(
            name: "GOAWAY", bytes: Wire.frame(7, [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
            events: [.goAway(lastStreamID: .maximum, code: .noError, debugData: ByteBuffer())]),
        Case(
            name: "GOAWAY with much debug data",
            bytes: Wire.frame(7, [0, 0, 0, 1, 0, 0, 0, 11] + .init(repeating: 0x61, count: 3000))
                + Wire.frame(4, flags: 1),
            events: [
                .goAway(
                    lastStreamID: one, code: .enhanceYourCalm, debugData: ByteBuffer(repeating: 0x61, count: 1024)),
                .settingsAcknowledged,
            ]),
        Case(
            name: "WINDOW_UPDATE", bytes: Wire.frame(8, stream: 1, [0xff, 0xff, 0xff, 0xff]),
            events: [.windowUpdate(one, increment: 0x7fff_ffff)]),
        Case(
            name: "WINDOW_UPDATE by nothing, which the caller judges", bytes: Wire.frame(8, [0x80, 0, 0, 0]),
            events: [.windowUpdate(.connection, increment: 0)]),
        Case(
            name: "unknown frames", bytes: Wire.frame(0xfa, flags: 0xff, stream: 7, [1, 2, 3]) + Wire.frame(0x0a),
            events: [.unknown(type: 0xfa, length: 3), .unknown(type: 0x0a, length: 0)]),
    ]

    @Test("A frame means the same whole and cut at any place", arguments: cases)
    func everySplit(_ example: Case) throws {
        #expect(try Wire.events(example.bytes) == example.events)
        for place in 0...example.bytes.count {
            #expect(try Wire.events(example.bytes, splitAt: [place]) == example.events, "cut at \(place)")
        }
    }

    @Test("A frame means the same byte by byte", arguments: cases)
    func byteByByte(_ example: Case) throws {
        #expect(try Wire.events(example.bytes, splitAt: Array(0..<example.bytes.count)) == example.events)
    }

    @Test("Each frame type that no RFC 9113 section defines is skipped, with its payload")
    func unknownTypes() throws {
        for type in UInt8(0x0a)...0xff {
            let events = try Wire.events(Wire.frame(type, stream: 5, [9, 9]) + Wire.frame(4, flags: 1))
            #expect(events == [.unknown(type: type, length: 2), .settingsAcknowledged])
        }
    }

    @Test("Data is handed on as a slice of the input before its frame is complete")
    func cutThrough() throws {
        var parser = Wire.parser()
        _ = try Wire.parse([Wire.settings], with: &parser)
        var input = ByteBuffer(bytes: Wire.frame(0, stream: 1, .init(repeating: 5, count: 100)).prefix(50))
        #expect(try parser.next(&input) == Self.data(100))
        #expect(try parser.next(&input) == .dataPayload(ByteBuffer(repeating: 5, count: 41)))
        #expect(try parser.next(&input) == nil)
        #expect(parser.isInsideFrame)
        #expect(!parser.isInsideHeaderBlock)
    }

    @Test("A header block is open from its partly received HEADERS to its END_HEADERS")
    func headerBlockTimer() throws {
        var parser = Wire.parser()
        _ = try Wire.parse([Wire.settings], with: &parser)
        #expect(!parser.isInsideHeaderBlock && !parser.isInsideFrame)
        let bytes = Wire.frame(1, stream: 1, [0x82]) + Wire.frame(9, flags: 4, stream: 1, [0x84])
        for (index, byte) in bytes.enumerated() {
            _ = try Wire.parse([[byte]], with: &parser)
            let isOpen = index >= 8 && index < bytes.count - 1
            #expect(parser.isInsideHeaderBlock == isOpen, "after byte \(index)")
        }
        #expect(!parser.isInsideFrame)
    }

    @Test("The preface is recognised at any cut, and SETTINGS must follow it")
    func preface() throws {
        let bytes = ByteBuffer.preface + Wire.frame(4, [0, 4, 0, 0, 0, 9])
        let expected: [FrameEvent] = [.preface, .settings([SettingsEntry(id: 4, value: 9)])]
        for place in 0...bytes.count {
            var parser = Wire.parser(preface: true)
            #expect(!parser.hasSeenPreface)
            #expect(try Wire.parse(Wire.split(bytes, at: [place]), with: &parser) == expected)
            #expect(parser.hasSeenPreface)
        }
        #expect(ByteBuffer.preface.count == 24)
    }

    @Test("A preface that is wrong at any byte is refused at that byte")
    func wrongPreface() {
        for place in ByteBuffer.preface.indices {
            var bytes = Array(ByteBuffer.preface.prefix(place + 1))
            bytes[place] ^= 0x20
            var parser = Wire.parser(preface: true)
            #expect(throws: ConnectionFault.protocolError("not an HTTP/2 connection preface")) {
                try Wire.parse([bytes], with: &parser)
            }
        }
    }

    @Test("What we write is what the parser reads")
    func roundTrip() throws {
        var buffer = ByteBuffer()
        let entries = [SettingsEntry(id: SettingsEntry.maxFrameSize, value: 1 << 20)]
        buffer.writeSettings(entries)
        buffer.writeSettingsAcknowledgement()
        buffer.writePing(.max, acknowledges: false)
        buffer.writePing(3, acknowledges: true)
        buffer.writeWindowUpdate(streamID: Self.one, increment: 0x7fff_ffff)
        buffer.writeResetStream(.maximum, code: .http11Required)
        buffer.writeGoAway(lastStreamID: .maximum, code: .noError, debug: "bye")
        buffer.writeDataHeader(length: 1, streamID: Self.one, endStream: true)
        buffer.writeInteger(UInt8(4))
        buffer.writeHeaders(block: ByteBuffer(bytes: 0..<9), streamID: Self.one, endStream: true, maxFrameSize: 4)
        buffer.writeHeaders(block: ByteBuffer(), streamID: Self.one, endStream: false, maxFrameSize: 4)
        var parser = Wire.parser()
        let events = try Wire.parse([Array(buffer.readableBytesView)], with: &parser)
        #expect(
            events == [
                .settings(entries), .settingsAcknowledged, .ping(.max), .pingAcknowledged(3),
                .windowUpdate(Self.one, increment: 0x7fff_ffff), .resetStream(.maximum, .http11Required),
                .goAway(lastStreamID: .maximum, code: .noError, debugData: ByteBuffer(string: "bye")),
                Self.data(1, end: true), .dataPayload(ByteBuffer(bytes: [4])), .dataEnd,
                Self.headers(Array(0..<9), end: true, continuations: 2), Self.headers([]),
            ])
    }
}
