/// Goes through the fields of one protobuf message in place.
///
/// It decides nothing about their order or number; it only refuses what parsers could read differently: overlong
/// varints, groups, field number 0 and fields that leave the message. The view must outlive the reader.
package struct ProtobufFieldReader {
    /// The wire types that messages of today use (Protocol Buffers "Encoding", "Message Structure").
    package enum WireType: UInt8, Sendable {
        case varint = 0
        case fixed64 = 1
        case lengthDelimited = 2
        case fixed32 = 5
    }

    /// Where a field lies, in offsets from the message's start.
    package struct Field: Sendable, Equatable {
        package let number: Int
        package let wireType: WireType
        /// The whole field, its tag and length included.
        package let range: Range<Int>
        /// The value alone: the bytes of a varint or of a fixed number, or what a length delimits.
        package let value: Range<Int>

        package init(number: Int, wireType: WireType, range: Range<Int>, value: Range<Int>) {
            self.number = number
            self.wireType = wireType
            self.range = range
            self.value = value
        }
    }

    /// Why a message cannot be read.
    package enum Problem: Error, Sendable, Equatable {
        /// A varint of more than 64 bits, or with bytes at its end that say nothing.
        case overlongVarint
        /// A field that does not end inside the message.
        case truncated
        /// A wire type of groups, which proto3 does not have.
        case group
        /// A wire type that does not exist.
        case unknownWireType
        /// A field number of 0 or of more than 29 bits.
        case fieldNumber
    }

    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    package init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The next field, or nil at the end of the message. After an error the reader must not be asked again.
    package mutating func next() throws(Problem) -> Field? {
        guard offset < bytes.count else { return nil }
        let start = offset
        let tag = try ProtobufTag(try varint())
        let valueStart: Int
        let length: UInt64
        switch tag.wireType {
        case .varint:
            valueStart = offset
            _ = try varint()
            length = UInt64(offset - valueStart)
        case .fixed64:
            valueStart = offset
            length = 8
        case .fixed32:
            valueStart = offset
            length = 4
        case .lengthDelimited:
            length = try varint()
            valueStart = offset
        }
        guard length <= UInt64(bytes.count - valueStart) else { throw .truncated }
        offset = valueStart + Int(length)
        return Field(number: tag.number, wireType: tag.wireType, range: start..<offset, value: valueStart..<offset)
    }

    /// The number of a varint field that `next` has returned.
    package func varint(of field: Field) -> UInt64? {
        var varint = ProtobufVarint()
        for byte in bytes[field.value] {
            if case .value(let value) = varint.push(byte) { return value }
        }
        return nil
    }

    /// The bytes of a field's value. They live as long as the view that the reader was made with.
    package func bytes(of field: Field) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[field.value])
    }

    private mutating func varint() throws(Problem) -> UInt64 {
        var varint = ProtobufVarint()
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            switch varint.push(byte) {
            case .more: continue
            case .value(let value): return value
            case .overlong: throw .overlongVarint
            }
        }
        throw .truncated
    }
}

/// What stands before a field's value.
struct ProtobufTag {
    let number: Int
    let wireType: ProtobufFieldReader.WireType

    init(_ tag: UInt64) throws(ProtobufFieldReader.Problem) {
        guard let tag = UInt32(exactly: tag), tag >> 3 != 0 else { throw .fieldNumber }
        switch tag & 7 {
        case 0: wireType = .varint
        case 1: wireType = .fixed64
        case 2: wireType = .lengthDelimited
        case 3, 4: throw .group
        case 5: wireType = .fixed32
        default: throw .unknownWireType
        }
        number = Int(tag >> 3)
    }
}
