package import NIOCore

/// Frames as RFC 9113 section 6 lays them out, written at the end of a buffer.
extension ByteBuffer {
    /// The client connection preface (RFC 9113 section 3.4): 24 bytes.
    package static let preface: [UInt8] = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    /// The nine octets before a payload (RFC 9113 section 4.1).
    ///
    /// - Parameter length: the payload's length, at most 2^24-1 bytes.
    package mutating func writeFrameHeader(length: Int, type: UInt8, flags: UInt8, streamID: StreamID) {
        assert((0...0xff_ffff).contains(length))
        let first =
            UInt64(truncatingIfNeeded: length) << 40 | UInt64(type) << 32 | UInt64(flags) << 24
            | UInt64(streamID.rawValue >> 8)
        self.writeMultipleIntegers(first, UInt8(truncatingIfNeeded: streamID.rawValue))
    }

    /// The header of a DATA frame without padding; `length` bytes of data follow it.
    package mutating func writeDataHeader(length: Int, streamID: StreamID, endStream: Bool) {
        self.writeFrameHeader(
            length: length, type: FrameType.data, flags: endStream ? FrameFlag.endStream : 0, streamID: streamID)
    }

    package mutating func writeSettings(_ entries: [SettingsEntry]) {
        self.writeFrameHeader(length: entries.count * 6, type: FrameType.settings, flags: 0, streamID: .connection)
        for entry in entries {
            self.writeMultipleIntegers(entry.id, entry.value)
        }
    }

    package mutating func writeSettingsAcknowledgement() {
        self.writeFrameHeader(
            length: 0, type: FrameType.settings, flags: FrameFlag.acknowledgement, streamID: .connection)
    }

    package mutating func writePing(_ data: UInt64, acknowledges: Bool) {
        self.writeFrameHeader(
            length: 8, type: FrameType.ping, flags: acknowledges ? FrameFlag.acknowledgement : 0, streamID: .connection)
        self.writeInteger(data)
    }

    /// - Parameter increment: bytes, from 1 to 2^31-1.
    package mutating func writeWindowUpdate(streamID: StreamID, increment: Int) {
        assert((1...0x7fff_ffff).contains(increment))
        self.writeFrameHeader(length: 4, type: FrameType.windowUpdate, flags: 0, streamID: streamID)
        self.writeInteger(UInt32(truncatingIfNeeded: increment))
    }

    package mutating func writeResetStream(_ streamID: StreamID, code: HTTP2ErrorCode) {
        self.writeFrameHeader(length: 4, type: FrameType.resetStream, flags: 0, streamID: streamID)
        self.writeInteger(code.rawValue)
    }

    /// - Parameter debug: text for the peer's log; keep it short and free of secrets.
    package mutating func writeGoAway(lastStreamID: StreamID, code: HTTP2ErrorCode, debug: String = "") {
        let text = debug.utf8.prefix(1024)
        self.writeFrameHeader(length: 8 + text.count, type: FrameType.goAway, flags: 0, streamID: .connection)
        self.writeMultipleIntegers(lastStreamID.rawValue, code.rawValue)
        self.writeBytes(text)
    }

    /// A header block as one HEADERS frame, and as many CONTINUATION frames as `maxFrameSize` makes necessary.
    package mutating func writeHeaders(block: ByteBuffer, streamID: StreamID, endStream: Bool, maxFrameSize: Int) {
        var rest = block
        var type = FrameType.headers
        var flags: UInt8 = endStream ? FrameFlag.endStream : 0
        repeat {
            let length = min(rest.readableBytes, max(maxFrameSize, 1))
            let isLast = length == rest.readableBytes
            self.writeFrameHeader(
                length: length, type: type, flags: isLast ? flags | FrameFlag.endHeaders : flags, streamID: streamID)
            if var fragment = rest.readSlice(length: length) {
                self.writeBuffer(&fragment)
            }
            type = FrameType.continuation
            flags = 0
        } while rest.readableBytes > 0
    }
}
