internal import NIOCore

/// The fields behind the addresses of a version 2 header: type, length, value (section 2.2).
///
/// None of them is used. They are read because a checksum among them must be verified.
enum ProxyProtocolFields {
    /// PP2_TYPE_CRC32C (section 2.2.3).
    private static let checksumType: UInt8 = 0x03

    /// - Parameters:
    ///   - header: all of it.
    ///   - offset: where the fields begin.
    static func check(_ header: ByteBufferView, from offset: Int) throws(ProxyProtocolFault) {
        var rest = ByteBuffer(header)
        rest.moveReaderIndex(forwardBy: min(offset, rest.readableBytes))
        while rest.readableBytes > 0 {
            guard let (type, length) = rest.readMultipleIntegers(as: (UInt8, UInt16).self) else { throw .fields }
            let value = header.count - rest.readableBytes
            guard let field = rest.readSlice(length: Int(length)) else { throw .fields }
            guard type == checksumType else { continue }
            guard field.readableBytes == 4, let expected = field.getInteger(at: field.readerIndex, as: UInt32.self),
                checksum(of: header, withZerosAt: value..<value + 4) == expected
            else { throw .checksum }
        }
    }

    /// CRC32C (RFC 4960 appendix B) of the header with the checksum's own bytes as zeros.
    private static func checksum(of header: ByteBufferView, withZerosAt place: Range<Int>) -> UInt32 {
        var sum = UInt32.max
        for (index, byte) in header.enumerated() {
            sum ^= place.contains(index) ? 0 : UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 0 ? sum >> 1 : sum >> 1 ^ 0x82F6_3B78 }
        }
        return ~sum
    }
}
