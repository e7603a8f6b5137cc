package import NIOCore

extension ByteBuffer {
    /// Bytes of a non-negative number as a varint.
    package static func varintSize(_ value: Int) -> Int {
        max(1, (Int.bitWidth - value.leadingZeroBitCount + 6) / 7)
    }

    /// Writes a non-negative number (Protocol Buffers "Encoding", "Base 128 Varints").
    package mutating func writeVarint(_ value: Int) {
        var rest = UInt64(clamping: value)
        while rest >= 0x80 {
            writeInteger(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        writeInteger(UInt8(rest))
    }

    /// Writes a field of bytes or text; none for no bytes, as proto3 does.
    mutating func writeProtobufField(_ number: Int, _ bytes: some Collection<UInt8>) {
        guard !bytes.isEmpty else { return }
        writeVarint(number << 3 | Int(ProtobufFieldReader.WireType.lengthDelimited.rawValue))
        writeVarint(bytes.count)
        writeBytes(bytes)
    }
}
