internal import ArrowIPC

/// Walks the fields of one FlightData message after the other, each in pieces that are cut anywhere.
struct FlightDataFields: Sendable {
    /// What one message turned out to be.
    enum Message {
        /// FlightData, its head if it has one, and the bytes of its body.
        case read(header: MessageHeader?, bodyLength: Int)
        case unreadable
    }

    /// What the next byte belongs to.
    private enum Place {
        case tag
        /// The length of the field with this number.
        case length(field: Int)
        case varint
        /// Bytes of a value that nobody looks at.
        case skipped(remaining: Int)
        /// Bytes of `data_header`.
        case header(remaining: Int)
        /// A message that cannot be read, up to its end.
        case unreadable
    }

    /// Field numbers of FlightData (Flight.proto).
    private enum Number {
        static let header = 2
        static let body = 1000
    }

    /// A collected head that needed more than this does not keep its memory.
    private static let keptCapacity = 16 << 10

    private var place = Place.tag
    private var varint = ProtobufVarint()
    /// Bytes of the message behind the place.
    private var remaining = 0
    private var header: MessageHeader?
    private var bodyLength = 0
    /// The part of `data_header` that earlier pieces held.
    private var collected: [UInt8] = []

    /// Begins a message of `length` bytes.
    mutating func begin(length: Int) {
        place = .tag
        varint = ProtobufVarint()
        remaining = length
        header = nil
        bodyLength = 0
        dropCollected()
    }

    /// Takes the bytes of the message that lie in `range` of `chunk`.
    mutating func consume(_ chunk: UnsafeRawBufferPointer, _ range: Range<Int>) {
        var offset = range.lowerBound
        while offset < range.upperBound {
            switch place {
            case .unreadable:
                return
            case .tag, .length, .varint:
                let byte = chunk[offset]
                offset += 1
                remaining -= 1
                push(byte)
            case .skipped(let left):
                let taken = min(left, range.upperBound - offset)
                offset += taken
                remaining -= taken
                place = taken == left ? .tag : .skipped(remaining: left - taken)
            case .header(let left):
                let taken = min(left, range.upperBound - offset)
                takeHeader(UnsafeRawBufferPointer(rebasing: chunk[offset..<offset + taken]), of: left)
                offset += taken
                remaining -= taken
            }
        }
    }

    /// Ends the message.
    func end() -> Message {
        guard case .tag = place, varint.isEmpty else { return .unreadable }
        return .read(header: header, bodyLength: bodyLength)
    }

    private mutating func push(_ byte: UInt8) {
        switch varint.push(byte) {
        case .more: return
        case .overlong: place = .unreadable
        case .value(let value): finish(value)
        }
    }

    private mutating func finish(_ value: UInt64) {
        switch place {
        case .tag:
            guard let tag = try? ProtobufTag(value) else {
                place = .unreadable
                return
            }
            switch tag.wireType {
            case .varint: place = .varint
            case .fixed64: skip(8)
            case .fixed32: skip(4)
            case .lengthDelimited: place = .length(field: tag.number)
            }
        case .length(let field):
            enter(field, length: value)
        case .varint, .skipped, .header, .unreadable:
            place = .tag
        }
    }

    private mutating func enter(_ field: Int, length: UInt64) {
        guard field == Number.header else {
            skip(length)
            if field == Number.body { bodyLength = Int(clamping: length) }
            return
        }
        guard length <= UInt64(remaining), length <= UInt64(FlightDataWalker.headerLimit) else {
            place = .unreadable
            return
        }
        place = .header(remaining: Int(length))
        dropCollected()
        // A head of no bytes is the same as none: proto3 does not tell them apart.
        if length == 0 {
            header = nil
            place = .tag
        }
    }

    private mutating func skip(_ length: UInt64) {
        guard length <= UInt64(remaining) else {
            place = .unreadable
            return
        }
        place = length == 0 ? .tag : .skipped(remaining: Int(length))
    }

    private mutating func takeHeader(_ bytes: UnsafeRawBufferPointer, of left: Int) {
        if bytes.count == left, collected.isEmpty {
            finishHeader(MessageHeader.parse(bytes))
            return
        }
        collected.append(contentsOf: bytes)
        if bytes.count == left {
            finishHeader(collected.withUnsafeBytes { MessageHeader.parse($0) })
        } else {
            place = .header(remaining: left - bytes.count)
        }
    }

    /// Of a field that is there twice the last one counts, as in every protobuf parser.
    private mutating func finishHeader(_ parsed: MessageHeader?) {
        header = parsed
        place = parsed == nil ? .unreadable : .tag
    }

    private mutating func dropCollected() {
        guard !collected.isEmpty else { return }
        collected.removeAll(keepingCapacity: collected.capacity <= Self.keptCapacity)
    }
}
