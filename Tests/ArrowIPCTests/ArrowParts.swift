import ArrowIPC
import NIOCore

// The tables of Schema.fbs, Message.fbs and File.fbs, slot by slot.
extension FlatPart {
    /// Message.fbs, `Message`. The kinds are those of its union: 1 schema, 2 dictionary, 3 record batch, 4 tensor.
    static func message(_ kind: UInt8, _ header: FlatPart, body: Int64 = 0, version: Int16 = 4) -> FlatPart {
        .table([0: .scalar(version), 1: .scalar(kind), 2: .part(header), 3: .scalar(body)])
    }

    static func schema(_ fields: [FlatPart?], endianness: Int16 = 0, metadata: Slot? = nil) -> FlatPart {
        var slots: [Int: Slot] = [0: .scalar(endianness), 1: .part(.tables(fields))]
        slots[2] = metadata
        return .table(slots)
    }

    /// - Parameters:
    ///   - number: of the type, in the union `Type`: 2 is an integer.
    ///   - more: slots that are set besides, or instead.
    static func field(
        _ name: String = "f", type number: UInt8 = 2, _ type: FlatPart = .int64, children: [FlatPart] = [],
        more: [Int: Slot] = [:]
    ) -> FlatPart {
        var slots: [Int: Slot] = [0: .text(name), 1: .scalar(UInt8(1)), 2: .scalar(number), 3: .part(type)]
        if !children.isEmpty { slots[5] = .part(.tables(children)) }
        return .table(slots.merging(more) { $1 })
    }

    static var int64: FlatPart { .table([0: .scalar(Int32(64)), 1: .scalar(UInt8(1))]) }

    static func pair(_ key: String, _ value: String) -> FlatPart { .table([0: .text(key), 1: .text(value)]) }

    static func recordBatch(rows: Int64) -> FlatPart { .table([0: .scalar(rows)]) }

    static func dictionary(id: Int64, rows: Int64, isDelta: UInt8 = 0) -> FlatPart {
        .table([0: .scalar(id), 1: .part(.recordBatch(rows: rows)), 2: .scalar(isDelta)])
    }

    /// File.fbs, `Footer`.
    static func footer(
        schema: Slot, dictionaries: [Block] = [], batches: [Block] = [], version: Int16 = 4
    ) -> FlatPart {
        .table([
            0: .scalar(version), 1: schema, 2: .part(.blocks(dictionaries)), 3: .part(.blocks(batches)),
        ])
    }

    private static func blocks(_ blocks: [Block]) -> FlatPart {
        .vector(count: blocks.count, blocks.flatMap(\.bytes))
    }
}

/// File.fbs, `Block`.
struct Block {
    var offset: Int64
    var metadataLength: Int32
    var bodyLength: Int64

    fileprivate var bytes: [UInt8] {
        offset.littleEndianBytes + metadataLength.littleEndianBytes + [0, 0, 0, 0] + bodyLength.littleEndianBytes
    }
}

/// Messages one behind the other, as a stream has them or, behind its magic, a file.
struct MessageBytes {
    private(set) var bytes: [UInt8]

    /// - Parameter schema: nil for none.
    init(_ format: IPCIndex.Format, schema: FlatPart? = .oneColumn) {
        bytes = format == .file ? Array("ARROW1".utf8) + [0, 0] : []
        if let schema { append(.message(1, schema)) }
    }

    /// Adds a message with a body of as many zeros as `body` says.
    @discardableResult
    mutating func append(_ message: FlatPart, body: Int = 0) -> Block {
        var buffer = ByteBuffer()
        IPCEncapsulation.write(metadata: ByteBuffer(bytes: message.flatbuffer()), into: &buffer)
        let offset = Int64(bytes.count)
        bytes += Array(buffer.readableBytesView) + [UInt8](repeating: 0, count: body)
        return Block(offset: offset, metadataLength: Int32(buffer.readableBytes), bodyLength: Int64(body))
    }

    /// A record batch whose head tells the truth about the body.
    @discardableResult
    mutating func append(rows: Int64, body: Int = 0) -> Block {
        append(.message(3, .recordBatch(rows: rows), body: Int64(body)), body: body)
    }

    mutating func append(_ more: [UInt8]) { bytes += more }

    /// The whole file, with that footer.
    func file(footer: FlatPart) -> [UInt8] {
        let footer = footer.flatbuffer()
        return bytes + footer + Int32(footer.count).littleEndianBytes + Array("ARROW1".utf8)
    }
}

extension FlatPart {
    /// A schema of one 64-bit integer, `f`.
    static var oneColumn: FlatPart { .schema([.field()]) }
}
