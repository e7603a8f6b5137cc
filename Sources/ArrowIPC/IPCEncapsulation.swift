package import NIOCore

/// Writing and opening encapsulated messages (Arrow columnar format, "Encapsulated message format").
package enum IPCEncapsulation {
    /// The longest metadata that is read, in bytes: that of more than a million columns.
    package static let longestMetadata = 256 << 20

    /// What stands before the length since Arrow 0.15. Before, there was only the length.
    static let continuation: UInt32 = 0xffff_ffff

    /// The mark at the end of a stream: no metadata.
    package static let endOfStream = ByteBuffer(bytes: [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])

    /// Appends continuation marker, length and metadata, padded so that the body begins at a multiple of 8 counted from
    /// the marker.
    ///
    /// - Parameter metadata: the bare flatbuffer.
    package static func write(metadata: ByteBuffer, into buffer: inout ByteBuffer) {
        let padding = (8 - metadata.readableBytes % 8) % 8
        buffer.reserveCapacity(minimumWritableBytes: 8 + metadata.readableBytes + padding)
        buffer.writeInteger(continuation)
        buffer.writeInteger(UInt32(clamping: metadata.readableBytes + padding), endianness: .little)
        buffer.writeImmutableBuffer(metadata)
        buffer.writeRepeatingByte(0, count: padding)
    }

    /// The bare flatbuffer of a message without body, as FlightInfo and SchemaResult carry their schema.
    ///
    /// What follows it is not looked at: some writers end the schema like a stream.
    package static func unwrap(_ encapsulated: ByteBuffer) throws(IPCProblem) -> ByteBuffer {
        guard let prefix = try MessagePrefix(encapsulated, at: 0) else {
            throw IPCProblem(offset: 0, text: "there is no message, only the end of a stream")
        }
        let start = encapsulated.readerIndex + prefix.size
        guard let metadata = encapsulated.getSlice(at: start, length: prefix.metadataLength) else {
            throw IPCProblem(
                offset: 0,
                text:
                    "the metadata is cut: \(encapsulated.readableBytes - prefix.size) of \(prefix.metadataLength) bytes"
            )
        }
        return metadata
    }
}

/// What stands before the metadata of an encapsulated message.
struct MessagePrefix {
    /// 8 bytes with the continuation marker, else 4.
    let size: Int
    /// Padding included; never 0.
    let metadataLength: Int

    /// The prefix at the start of `bytes`, which lie at `offset`; nil if it marks the end of the stream.
    init?(_ bytes: ByteBuffer, at offset: Int64) throws(IPCProblem) {
        var bytes = bytes
        guard var word = bytes.readInteger(endianness: .little, as: UInt32.self) else {
            throw IPCProblem(offset: offset, text: "a message's length is cut")
        }
        var size = 4
        if word == IPCEncapsulation.continuation {
            guard let length = bytes.readInteger(endianness: .little, as: UInt32.self) else {
                throw IPCProblem(offset: offset, text: "a message's length is cut")
            }
            word = length
            size = 8
        }
        guard word != 0 else { return nil }
        guard let length = Int(exactly: word), length <= IPCEncapsulation.longestMetadata else {
            throw IPCProblem(
                offset: offset,
                text: "no Arrow IPC message: its metadata would be \(Int32(bitPattern: word)) bytes long")
        }
        self.size = size
        self.metadataLength = length
    }
}
