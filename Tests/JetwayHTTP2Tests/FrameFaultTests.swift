import NIOCore
import Testing

@testable import JetwayHTTP2

@Suite("Frames that end the connection")
struct FrameFaultTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        let code: HTTP2ErrorCode
        var limit: LimitName?
        var testDescription: String { self.name }

        init(_ name: String, _ bytes: [UInt8], _ code: HTTP2ErrorCode, limit: LimitName? = nil) {
            self.name = name
            self.bytes = bytes
            self.code = code
            self.limit = limit
        }
    }

    /// A header block of which only the beginning came.
    static let open = Wire.frame(1, stream: 1, [0x82])
    static let end = Wire.frame(9, flags: 4, stream: 1, [0x84])

    static let cases: [Case] = [
        // Section 4.2
        Case(
            "a frame longer than announced", Wire.frame(0, stream: 1, .init(repeating: 0, count: 16_385)),
            .frameSizeError),
        Case(
            "an unknown frame longer than announced", Wire.frame(99, .init(repeating: 0, count: 16_385)),
            .frameSizeError),
        // Section 6.1
        Case("DATA on stream 0", Wire.frame(0, [1]), .protocolError),
        Case("DATA on stream 0 with the reserved bit", Wire.frame(0, stream: 0x8000_0000, [1]), .protocolError),
        Case("padded DATA without a padding length", Wire.frame(0, flags: 8, stream: 1), .frameSizeError),
        Case("DATA with padding as long as the frame", Wire.frame(0, flags: 8, stream: 1, [3, 0, 0]), .protocolError),
        Case("DATA with one byte too much padding", Wire.frame(0, flags: 8, stream: 1, [1]), .protocolError),
        // Section 6.2
        Case("HEADERS on stream 0", Wire.frame(1, flags: 4, [0x82]), .protocolError),
        Case("padded HEADERS without a padding length", Wire.frame(1, flags: 0xc, stream: 1), .frameSizeError),
        Case("HEADERS too short for priority", Wire.frame(1, flags: 0x24, stream: 1, [0, 0, 0, 3]), .frameSizeError),
        Case(
            "HEADERS too short for padding length and priority",
            Wire.frame(1, flags: 0x2c, stream: 1, [0, 0, 0, 0, 3]), .frameSizeError),
        Case("HEADERS with too much padding", Wire.frame(1, flags: 0xc, stream: 1, [2, 0x82]), .protocolError),
        Case(
            "HEADERS whose padding reaches into the priority",
            Wire.frame(1, flags: 0x2c, stream: 1, [1, 0, 0, 0, 3, 16]), .protocolError),
        Case(
            "a header block above the limit", Wire.frame(1, flags: 4, stream: 1, .init(repeating: 0x82, count: 4097)),
            .enhanceYourCalm, limit: .headerListBytes),
        Case(
            "a header block above the limit in a frame that may be longer for its padding",
            Wire.frame(1, flags: 0xc, stream: 1, [0] + .init(repeating: 0x82, count: 4097)), .enhanceYourCalm,
            limit: .headerListBytes),
        // Section 6.3
        Case("PRIORITY on stream 0", Wire.frame(2, [0, 0, 0, 3, 16]), .protocolError),
        // Section 6.4
        Case("RST_STREAM on stream 0", Wire.frame(3, [0, 0, 0, 8]), .protocolError),
        Case("RST_STREAM too short", Wire.frame(3, stream: 1, [0, 0, 8]), .frameSizeError),
        Case("RST_STREAM too long", Wire.frame(3, stream: 1, [0, 0, 0, 0, 8]), .frameSizeError),
        // Section 6.5
        Case("SETTINGS on a stream", Wire.frame(4, stream: 1), .protocolError),
        Case("SETTINGS acknowledgement on a stream", Wire.frame(4, flags: 1, stream: 1), .protocolError),
        Case("SETTINGS acknowledgement with a payload", Wire.frame(4, flags: 1, [0, 1, 0, 0, 0, 0]), .frameSizeError),
        Case("SETTINGS of five bytes", Wire.frame(4, [0, 1, 0, 0, 0]), .frameSizeError),
        Case("SETTINGS of seven bytes", Wire.frame(4, [0, 1, 0, 0, 0, 0, 0]), .frameSizeError),
        Case(
            "SETTINGS with too many entries", Wire.frame(4, .init(repeating: 0, count: 54)), .enhanceYourCalm,
            limit: .settingsEntries),
        // Section 6.6
        Case("PUSH_PROMISE", Wire.frame(5, flags: 4, stream: 1, [0, 0, 0, 2, 0x82]), .protocolError),
        // Section 6.7
        Case("PING on a stream", Wire.frame(6, stream: 1, .init(repeating: 0, count: 8)), .protocolError),
        Case("PING too short", Wire.frame(6, .init(repeating: 0, count: 7)), .frameSizeError),
        Case("PING too long", Wire.frame(6, flags: 1, .init(repeating: 0, count: 9)), .frameSizeError),
        // Section 6.8
        Case("GOAWAY on a stream", Wire.frame(7, stream: 1, .init(repeating: 0, count: 8)), .protocolError),
        Case("GOAWAY too short", Wire.frame(7, .init(repeating: 0, count: 7)), .frameSizeError),
        // Section 6.9
        Case("WINDOW_UPDATE too short", Wire.frame(8, [0, 0, 1]), .frameSizeError),
        Case("WINDOW_UPDATE too long", Wire.frame(8, stream: 1, [0, 0, 0, 0, 1]), .frameSizeError),
        // Section 6.10
        Case("CONTINUATION on stream 0", Wire.frame(9, flags: 4), .protocolError),
        Case("CONTINUATION without HEADERS", end, .protocolError),
        Case("CONTINUATION after END_HEADERS", Wire.frame(1, flags: 4, stream: 1, [0x82]) + end, .protocolError),
        Case("CONTINUATION after CONTINUATION with END_HEADERS", open + end + end, .protocolError),
        Case("CONTINUATION on another stream", open + Wire.frame(9, flags: 4, stream: 3), .protocolError),
        Case("CONTINUATION after DATA", Wire.frame(0, stream: 1, [1]) + end, .protocolError),
        Case(
            "one CONTINUATION too many",
            open + Wire.frame(9, stream: 1) + Wire.frame(9, stream: 1) + Wire.frame(9, stream: 1)
                + Wire.frame(9, flags: 4, stream: 1), .enhanceYourCalm, limit: .continuationFrames),
        Case(
            "CONTINUATIONs that make a block above the limit",
            open + Wire.frame(9, stream: 1, .init(repeating: 0x82, count: 4000))
                + Wire.frame(9, stream: 1, .init(repeating: 0x82, count: 96)), .enhanceYourCalm, limit: .headerListBytes
        ),
    ]

    @Test("A fault is found whole, and byte by byte", arguments: cases)
    func faults(_ example: Case) throws {
        for places in [[], Array(0..<example.bytes.count)] {
            let fault = try #require(Wire.fault(example.bytes, splitAt: places))
            #expect(fault.code == example.code)
            #expect(fault.limit == example.limit)
            #expect(!fault.reason.isEmpty)
        }
    }

    @Test("Nothing but its CONTINUATION may come inside a header block", arguments: Array(0...20) as [UInt8])
    func insideHeaderBlock(type: UInt8) throws {
        guard type != 9 else { return }
        let payload = [UInt8](repeating: 0, count: type == 6 || type == 7 ? 8 : 4)
        for stream: UInt32 in [0, 1, 3] {
            let fault = try #require(Wire.fault(Self.open + Wire.frame(type, stream: stream, payload)))
            #expect(fault == .protocolError("a frame inside a header block"))
        }
    }

    @Test("A header block of exactly the limit, in exactly as many frames as allowed, is accepted")
    func exactLimits() throws {
        let bytes =
            Self.open + Wire.frame(9, stream: 1, .init(repeating: 0x82, count: 4000)) + Wire.frame(9, stream: 1)
            + Wire.frame(9, flags: 4, stream: 1, .init(repeating: 0x82, count: 95))
        guard case .headers(let frame) = try #require(try Wire.events(bytes).first) else {
            Issue.record("no header block")
            return
        }
        #expect(frame.block.readableBytes == 4096)
        #expect(frame.continuations == 3)
        #expect(Wire.fault(Wire.frame(4, .init(repeating: 0, count: 48))) == nil)
        #expect(Wire.fault(Wire.frame(0, stream: 1, .init(repeating: 0, count: 16_384))) == nil)
    }

    @Test("A frame that is too long is refused at its header, before its payload comes")
    func refusedEarly() {
        let long = Array(Wire.frame(1, flags: 4, stream: 1, .init(repeating: 0, count: 5000)).prefix(9))
        #expect(Wire.fault(long) == .limit(.headerListBytes))
        let padding = Array(Wire.frame(0, flags: 8, stream: 1, .init(repeating: 200, count: 100)).prefix(10))
        #expect(Wire.fault(padding)?.code == .protocolError)
    }

    @Test("The first frame must be SETTINGS that acknowledge nothing", arguments: [true, false])
    func firstFrame(preface: Bool) {
        let start = preface ? ByteBuffer.preface : []
        let others = [
            Wire.frame(4, flags: 1), Wire.frame(6, .init(repeating: 0, count: 8)), Wire.frame(99),
            Wire.frame(1, flags: 4, stream: 1, [0x82]), Wire.frame(8, [0, 0, 0, 1]),
        ]
        for other in others {
            var parser = Wire.parser(preface: preface)
            #expect(throws: ConnectionFault.protocolError("the first frame is not SETTINGS")) {
                try Wire.parse([start + other], with: &parser)
            }
        }
    }
}
