package import NIOCore

/// The messages of a file in either format, in the order in which a stream must carry them: schema, dictionaries,
/// batches.
///
/// Only heads are read. Bodies, and with them compression, stay as they are.
package struct IPCIndex: Sendable, Equatable {
    /// Arrow columnar format, "IPC streaming format" and "IPC file format".
    package enum Format: Sendable {
        case file
        case stream
    }

    package let format: Format
    /// The bare flatbuffer of the schema message, as `FlightData.data_header` carries it.
    package let schemaMessage: ByteBuffer
    package let schema: ArrowSchema
    /// Dictionaries and record batches, without the schema message.
    package let messages: [MessagePlace]
    /// Rows of all record batches.
    package let rows: Int64
    /// The number of record batches.
    package let batches: Int
    /// Bytes of all bodies, those of dictionaries and padding included.
    package let bodyBytes: Int64

    /// Reads the heads of all messages of a file, or of a stream that was kept.
    ///
    /// What follows the end mark of a stream is not looked at.
    /// - Throws: `IPCProblem`, or what the source throws.
    package static func read(_ source: some ByteSource) throws -> IPCIndex {
        var reader = MessageReader(source)
        guard reader.size > 0 else { throw IPCProblem(offset: 0, text: "it is empty") }
        let start = try reader.bytes(at: 0, count: Int(min(reader.size, 8)))
        let magic = start.readableBytesView
        if magic.starts(with: FileFooter.magic) { return try readFile(&reader) }
        for (other, name) in otherFormats where magic.starts(with: other.utf8) {
            throw IPCProblem(offset: 0, text: "it is \(name), not Arrow IPC")
        }
        return try readStream(&reader)
    }

    /// Files that people take for Arrow IPC files. Read as a length, their first bytes are too much for metadata.
    private static let otherFormats = [("PAR1", "a Parquet file"), ("FEA1", "a file of Feather version 1")]

    init(format: Format, schema: ByteBuffer, parsed: ArrowSchema, content: IPCContent) {
        self.format = format
        self.schemaMessage = schema
        self.schema = parsed
        messages = content.messages
        rows = content.rows
        batches = content.batches
        bodyBytes = content.bodyBytes
    }
}

/// Dictionaries and record batches, summed up while they are found.
struct IPCContent {
    private(set) var messages: [MessagePlace] = []
    private(set) var rows: Int64 = 0
    private(set) var batches = 0
    private(set) var bodyBytes: Int64 = 0

    /// - Throws: `IPCProblem` for a message that is neither, or where the rows are more than can be counted.
    mutating func append(_ message: MessagePlace) throws(IPCProblem) {
        switch message.header.kind {
        case .recordBatch:
            batches += 1
            rows = try Self.sum(rows, message.header.rows, at: message, what: "rows")
        case .dictionaryBatch:
            break
        case .schema:
            throw IPCProblem(offset: message.offset, text: "a second schema")
        case .tensor, .sparseTensor, .other:
            throw IPCProblem(
                offset: message.offset, text: "a \(message.header.kind.name), where only batches can be read")
        }
        bodyBytes = try Self.sum(bodyBytes, message.bodyLength, at: message, what: "bytes")
        messages.append(message)
    }

    private static func sum(
        _ sum: Int64, _ more: Int64, at message: MessagePlace, what: String
    ) throws(IPCProblem) -> Int64 {
        let (sum, overflow) = sum.addingReportingOverflow(more)
        guard !overflow else { throw IPCProblem(offset: message.offset, text: "more \(what) than 64 bits can count") }
        return sum
    }
}

// MARK: Stream format

extension IPCIndex {
    fileprivate static func readStream<Source>(_ reader: inout MessageReader<Source>) throws -> IPCIndex {
        let first = try reader.schema(at: 0, limit: reader.size)
        let schema = try ArrowSchema.read(first)
        var content = IPCContent()
        var offset = first.place.end
        // A stream that was kept may end without the mark.
        while offset < reader.size, let message = try reader.message(at: offset, limit: reader.size) {
            try content.append(message.place)
            offset = message.place.end
        }
        return IPCIndex(format: .stream, schema: first.metadata.copied, parsed: schema, content: content)
    }
}

extension ArrowSchema {
    /// The schema of a message, with offsets in problems that count from the start of the source.
    static func read<Source>(_ message: MessageReader<Source>.Message) throws(IPCProblem) -> ArrowSchema {
        do {
            return try parse(message: message.metadata)
        } catch {
            throw error.moved(by: message.place.metadataOffset)
        }
    }
}

extension ByteBuffer {
    /// The readable bytes in storage of their own.
    var copied: ByteBuffer { ByteBuffer(bytes: readableBytesView) }
}
