internal import ArrowIPC
internal import FlightProtocol
internal import NIOCore

/// Where an upload goes. Nothing of it is visible before `commit`. Its calls may block.
protocol Upload: AnyObject, Sendable {
    /// Takes the next message: the schema first, then dictionaries and record batches.
    func append(_ message: UploadedMessage) throws(FlightError)
    func commit() throws(FlightError)
    /// Undoes everything; called instead of `commit`.
    func abort()
}

/// An IPC message of an upload, its head read and its body as long as the head says.
struct UploadedMessage: Sendable {
    let header: MessageHeader
    let metadata: ByteBuffer
    let body: ByteBuffer

    /// - Throws: INVALID_ARGUMENT, if it is not a message.
    init(_ data: FlightData) throws(FlightError) {
        let metadata = data.header ?? ByteBuffer()
        guard let header = metadata.withUnsafeReadableBytes({ MessageHeader.parse($0) }) else {
            throw FlightError(.invalidArgument, "data_header is not an Arrow IPC message")
        }
        let body = data.body ?? ByteBuffer()
        guard header.version.isCurrent, metadata.readableBytes <= IPCEncapsulation.longestMetadata else {
            throw FlightError(
                .invalidArgument, "data_header is of an Arrow IPC version that is not served, or too long")
        }
        guard Int64(body.readableBytes) == header.bodyLength else {
            throw FlightError(
                .invalidArgument,
                "data_body has \(body.readableBytes) bytes where its head says \(header.bodyLength)")
        }
        self.header = header
        self.metadata = metadata
        self.body = body
        if header.kind == .schema { try checkSchema() }
    }

    private func checkSchema() throws(FlightError) {
        guard header.bodyLength == 0 else { throw FlightError(.invalidArgument, "a schema has no body") }
        do {
            _ = try ArrowSchema.parse(message: metadata)
        } catch {
            throw FlightError(.invalidArgument, "the schema cannot be read: \(error)")
        }
    }
}

/// The order in which the messages of an upload have to come, and what they add up to.
struct UploadOrder {
    private var hasSchema = false
    /// Of all record batches.
    private(set) var rows: Int64 = 0

    /// - Throws: INVALID_ARGUMENT, if the message is out of place.
    mutating func take(_ message: UploadedMessage) throws(FlightError) {
        switch message.header.kind {
        case .schema where !hasSchema: hasSchema = true
        case .schema: throw FlightError(.invalidArgument, "the schema came twice")
        case .dictionaryBatch where hasSchema: break
        case .recordBatch where hasSchema:
            let (sum, overflow) = rows.addingReportingOverflow(message.header.rows)
            guard !overflow else { throw FlightError(.invalidArgument, "more rows than 64 bits can count") }
            rows = sum
        case .dictionaryBatch, .recordBatch: throw FlightError(.invalidArgument, "the schema has to come first")
        case .tensor, .sparseTensor, .other:
            throw FlightError(.invalidArgument, "a flight is made of record batches and dictionaries")
        }
    }

    /// - Throws: INVALID_ARGUMENT, if the upload cannot end here.
    func finish() throws(FlightError) {
        guard hasSchema else { throw FlightError(.invalidArgument, "the upload has no schema") }
    }
}

/// An upload that is kept in memory. Its calls come one after the other.
final class MemoryUpload: Upload, @unchecked Sendable {
    // Proof of `Sendable`: one task uses it, and awaits each call before the next.
    private let name: FlightName
    private let store: MemoryFlights
    private var schemaMessage = ByteBuffer()
    private var messages: [FlightData] = []
    private var rows: Int64 = 0
    private var bodyBytes: Int64 = 0
    private var held = 0

    init(_ name: FlightName, in store: MemoryFlights) {
        self.name = name
        self.store = store
    }

    deinit {
        abort()
    }

    func append(_ message: UploadedMessage) throws(FlightError) {
        let size = message.metadata.readableBytes + message.body.readableBytes
        try store.reserve(size)
        held += size
        let metadata = message.metadata.withoutSlack
        switch message.header.kind {
        case .schema: return schemaMessage = metadata
        case .recordBatch: rows = rows.addingClamped(message.header.rows)
        default: break
        }
        bodyBytes = bodyBytes.addingClamped(message.header.bodyLength)
        messages.append(FlightData(header: metadata, body: message.body.withoutSlack))
    }

    func commit() throws(FlightError) {
        store.insert(
            MemoryFlights.Flight(
                schemaMessage: schemaMessage, messages: messages, rows: rows, bodyBytes: bodyBytes, held: held),
            as: name)
        held = 0
    }

    func abort() {
        store.release(held)
        held = 0
        messages = []
    }
}

extension ByteBuffer {
    /// The same bytes in a buffer of their size, if the one they lie in is much larger.
    fileprivate var withoutSlack: ByteBuffer {
        storageCapacity / 2 > readableBytes + 1024 ? ByteBuffer(bytes: readableBytesView) : self
    }
}

extension Int64 {
    fileprivate func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
