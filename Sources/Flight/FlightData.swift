internal import FlightProtocol
package import NIOCore
internal import SwiftProtobuf

/// FlightData (Flight.proto): an Arrow IPC message on its way, whose body nobody decodes or copies.
package struct FlightData: FlightMessage, Equatable {
    /// What a protobuf message may have at most, in bytes.
    private static let largestMessage = Int(Int32.max)

    /// What the data is for; only in the first message of DoPut and DoExchange.
    package var descriptor: FlightDescriptor?
    /// `data_header`: the flatbuffer of the IPC message, without its encapsulation.
    package var header: ByteBuffer?
    /// `app_metadata`.
    package var metadata: ByteBuffer?
    /// `data_body`.
    package var body: ByteBuffer?

    package init(
        descriptor: FlightDescriptor? = nil, header: ByteBuffer? = nil, metadata: ByteBuffer? = nil,
        body: ByteBuffer? = nil
    ) {
        self.descriptor = descriptor
        self.header = header
        self.metadata = metadata
        self.body = body
    }

    // MARK: Writing

    package func write(into head: inout ByteBuffer) throws(FlightError) -> ByteBuffer? {
        try writeHead(bodyLength: body?.readableBytes, into: &head)
        return body
    }

    /// Appends everything before the body, for a body of that many bytes that follows (nil: there is none).
    func writeHead(bodyLength: Int?, into head: inout ByteBuffer) throws(FlightError) {
        let descriptor = try serializedDescriptor()
        var length = Self.size(of: descriptor?.count, tagBytes: 1)
        length += Self.size(of: header?.readableBytes, tagBytes: 1)
        length += Self.size(of: metadata?.readableBytes, tagBytes: 1)
        let (whole, overflow) = length.addingReportingOverflow(Self.size(of: bodyLength, tagBytes: 2))
        guard !overflow, whole <= Self.largestMessage else {
            throw FlightError(.resourceExhausted, "a record batch of more than 2 GiB does not fit into a message")
        }
        head.writeGRPCMessagePrefix(GRPCMessagePrefix(length: UInt32(whole)))
        if let descriptor {
            head.writeInteger(Tag.descriptor)
            head.writeVarint(descriptor.count)
            head.writeBytes(descriptor)
        }
        Self.write(header, tag: Tag.header, into: &head)
        Self.write(metadata, tag: Tag.metadata, into: &head)
        guard let bodyLength else { return }
        head.writeInteger(Tag.body)
        head.writeVarint(bodyLength)
    }

    private func serializedDescriptor() throws(FlightError) -> [UInt8]? {
        do {
            return try descriptor?.serializedBytes()
        } catch {
            throw FlightError(.internal, "a FlightDescriptor cannot be written")
        }
    }

    private static func write(_ field: ByteBuffer?, tag: UInt8, into head: inout ByteBuffer) {
        guard let field else { return }
        head.writeInteger(tag)
        head.writeVarint(field.readableBytes)
        head.writeImmutableBuffer(field)
    }

    /// Bytes of a field on the wire; 0 if there is none. Lengths are those of things in memory or in files.
    private static func size(of length: Int?, tagBytes: Int) -> Int {
        guard let length else { return 0 }
        return length > largestMessage ? Int.max / 2 : tagBytes + ByteBuffer.varintSize(length) + length
    }

    /// A field's number and the wire type of bytes (Flight.proto, message FlightData).
    private enum Tag {
        static let descriptor: UInt8 = 1 << 3 | 2
        static let header: UInt8 = 2 << 3 | 2
        static let metadata: UInt8 = 3 << 3 | 2
        /// Number 1000: 8002 as a varint, its first byte first.
        static let body: UInt16 = 0xC23E
    }

    // MARK: Reading

    package init(reading message: ByteBuffer) throws(FlightError) {
        do {
            try message.withUnsafeReadableBytes { bytes in
                var reader = ProtobufFieldReader(bytes)
                while let field = try reader.next() {
                    guard field.wireType == .lengthDelimited else { continue }
                    let start = message.readerIndex + field.value.lowerBound
                    guard let value = message.getSlice(at: start, length: field.value.count) else { continue }
                    switch field.number {
                    case 1: descriptor = try FlightDescriptor(reading: value)
                    case 2: header = value
                    case 3: metadata = value
                    case 1000: body = value
                    default: break
                    }
                }
            }
        } catch let error as FlightError {
            throw error
        } catch {
            throw FlightError(.invalidArgument, "FlightData cannot be read")
        }
    }
}
