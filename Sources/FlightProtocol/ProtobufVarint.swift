/// A varint that arrives byte by byte (Protocol Buffers "Encoding", "Base 128 Varints").
struct ProtobufVarint: Sendable {
    enum Step {
        case more
        case value(UInt64)
        /// More than 64 bits, or bytes at the end that say nothing. Real encoders write neither, and parsers disagree
        /// about both.
        case overlong
    }

    private var value: UInt64 = 0
    private var shift: UInt64 = 0

    /// Whether no byte of a varint has arrived that still waits for others.
    var isEmpty: Bool { shift == 0 }

    /// Takes the next byte. After anything but `more` the next varint begins.
    mutating func push(_ byte: UInt8) -> Step {
        let isLast = byte & 0x80 == 0
        // The tenth byte holds bit 63 alone; a last byte of 0 is needed only for 0 itself.
        guard shift < 63 || byte <= 1, !(isLast && byte == 0 && shift > 0) else {
            self = ProtobufVarint()
            return .overlong
        }
        value |= UInt64(byte & 0x7f) << shift
        guard isLast else {
            shift += 7
            return .more
        }
        let whole = value
        self = ProtobufVarint()
        return .value(whole)
    }
}
