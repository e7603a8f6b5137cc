internal import NIOCore

/// Where the footer says that a message lies (File.fbs, struct `Block`).
struct FileBlock {
    /// Bytes of the struct: three 64-bit words, of which the middle one is an `int` and padding.
    static let size = 24

    let offset: Int64
    /// Prefix and padding included.
    let metadataLength: Int32
    let bodyLength: Int64

    /// nil if the block does not lie in `place`, or has no metadata.
    init?(_ vector: FlatVector, _ index: Int, in place: Range<Int64>) {
        guard let offset = vector.scalar(index, as: Int64.self),
            let metadataLength = vector.scalar(index, at: 8, as: Int32.self),
            let bodyLength = vector.scalar(index, at: 16, as: Int64.self),
            place.contains(offset), metadataLength > 0, bodyLength >= 0
        else { return nil }
        let room = place.upperBound - offset - Int64(metadataLength)
        guard bodyLength <= room else { return nil }
        self.offset = offset
        self.metadataLength = metadataLength
        self.bodyLength = bodyLength
    }

    /// The first byte behind the body; inside the file.
    var end: Int64 { offset + Int64(metadataLength) + bodyLength }
}

/// The footer of a file (File.fbs, table `Footer`).
struct FileFooter {
    /// At the start, padded to 8 bytes, and at the end.
    static let magic: [UInt8] = Array("ARROW1".utf8)
    /// Bytes behind the footer: its length and the magic.
    static let tail = 10

    let schema: ArrowSchema
    let dictionaries: [FileBlock]
    let recordBatches: [FileBlock]

    /// - Parameter place: where blocks may lie.
    init(_ bytes: UnsafeRawBufferPointer, blocksIn place: Range<Int64>) throws(IPCProblem) {
        guard let footer = FlatTable(root: bytes) else {
            throw IPCProblem(offset: 0, text: "the footer is not a flatbuffer")
        }
        let version = try footer.value(0, absent: Int16(0))
        guard let known = MetadataVersion(rawValue: version) else {
            throw IPCProblem(offset: 0, text: "the footer has the unknown metadata version \(Int(version) + 1)")
        }
        guard known.isCurrent else { throw IPCProblem(offset: 0, text: "the footer has \(known.complaint)") }
        guard let table = footer.table(1) else { throw IPCProblem(offset: 0, text: "the footer has no schema") }
        var reader = SchemaReader(size: bytes.count)
        schema = try reader.schema(table)
        dictionaries = try Self.blocks(footer, 2, in: place, what: "dictionary")
        recordBatches = try Self.blocks(footer, 3, in: place, what: "record batch")
    }

    private static func blocks(
        _ footer: FlatTable, _ slot: Int, in place: Range<Int64>, what: String
    ) throws(IPCProblem) -> [FileBlock] {
        let vector = try footer.elements(slot, size: FileBlock.size)
        var blocks: [FileBlock] = []
        blocks.reserveCapacity(vector.count)
        for index in 0..<vector.count {
            guard let block = FileBlock(vector, index, in: place) else {
                let offset = vector.scalar(index, as: Int64.self) ?? 0
                throw IPCProblem(
                    offset: 0, text: "the footer has \(what) \(index) at \(offset), where it does not lie in the file")
            }
            blocks.append(block)
        }
        return blocks
    }

    /// - Throws: `IPCProblem` if two blocks share bytes: a small file could claim to be of any size.
    func checkOverlap() throws(IPCProblem) {
        var end: Int64 = 0
        for block in (dictionaries + recordBatches).sorted(by: { $0.offset < $1.offset }) {
            guard block.offset >= end else {
                throw IPCProblem(offset: block.offset, text: "the footer has two messages that share bytes")
            }
            end = block.end
        }
    }
}

// MARK: File format

extension IPCIndex {
    static func readFile<Source>(_ reader: inout MessageReader<Source>) throws -> IPCIndex {
        let (footerOffset, bytes) = try footer(&reader)
        let first = try reader.schema(at: 8, limit: footerOffset)
        let schema = try ArrowSchema.read(first)
        let place = first.place.end..<footerOffset
        let read = bytes.withUnsafeReadableBytes { bytes -> Result<FileFooter, IPCProblem> in
            Result { () throws(IPCProblem) in try FileFooter(bytes, blocksIn: place) }
        }
        let footer = try read.mapError { $0.moved(by: footerOffset) }.get()
        guard footer.schema.hasSameColumns(as: schema) else {
            throw IPCProblem(offset: footerOffset, text: "the footer's schema is not that of the schema message")
        }
        try footer.checkOverlap()
        var content = IPCContent()
        var dictionaries: Set<Int64> = []
        for block in footer.dictionaries {
            let message = try message(of: block, &reader)
            guard case .dictionaryBatch(let isDelta) = message.place.header.kind, let id = message.dictionaryID else {
                throw message.problem("where the footer has a dictionary")
            }
            // All dictionaries come before all batches, so the first one would be lost.
            guard isDelta || dictionaries.insert(id).inserted else {
                throw message.problem("with the id \(id) for the second time, which only a stream may have")
            }
            try content.append(message.place)
        }
        for block in footer.recordBatches {
            let message = try message(of: block, &reader)
            guard message.place.header.kind == .recordBatch else {
                throw message.problem("where the footer has a record batch")
            }
            try content.append(message.place)
        }
        return IPCIndex(format: .file, schema: first.metadata.copied, parsed: schema, content: content)
    }

    /// Where the footer begins, and its flatbuffer.
    private static func footer<Source>(_ reader: inout MessageReader<Source>) throws -> (Int64, ByteBuffer) {
        let start: Int64 = 8
        let tailOffset = reader.size - Int64(FileFooter.tail)
        guard tailOffset > start else { throw IPCProblem(offset: reader.size, text: "the file is cut") }
        // One read that covers most footers.
        let spanOffset = max(0, reader.size - Int64(MessageReader<Source>.span))
        _ = try reader.bytes(at: spanOffset, count: Int(reader.size - spanOffset))
        var tail = try reader.bytes(at: tailOffset, count: FileFooter.tail)
        let length = Int64(tail.readInteger(endianness: .little, as: Int32.self) ?? 0)
        guard tail.readableBytesView.elementsEqual(FileFooter.magic) else {
            throw IPCProblem(
                offset: tailOffset + 4,
                text: "the file does not end with ARROW1: it is cut, or its writer was not closed")
        }
        guard length > 0, length <= tailOffset - start, length <= IPCEncapsulation.longestMetadata else {
            throw IPCProblem(offset: tailOffset, text: "the footer cannot be \(length) bytes long")
        }
        let footerOffset = tailOffset - length
        return (footerOffset, try reader.bytes(at: footerOffset, count: Int(length)))
    }

    /// The message that a block points to, which is as long as the block says.
    private static func message<Source>(
        of block: FileBlock, _ reader: inout MessageReader<Source>
    ) throws -> MessageReader<Source>.Message {
        guard let message = try reader.message(at: block.offset, limit: block.end) else {
            throw IPCProblem(offset: block.offset, text: "the end of the stream, where the footer has a message")
        }
        let metadataLength = message.place.bodyOffset - block.offset
        guard metadataLength == block.metadataLength else {
            throw message.problem(
                "has \(metadataLength) bytes of metadata and prefix where the footer says \(block.metadataLength)")
        }
        guard message.place.bodyLength == block.bodyLength else {
            throw message.problem(
                "has a body of \(message.place.bodyLength) bytes where the footer says \(block.bodyLength)")
        }
        return message
    }
}

extension MessageReader.Message {
    fileprivate var dictionaryID: Int64? { read { MessageHeader.dictionaryID($0) } }
}
