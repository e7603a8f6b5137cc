internal import NIOCore

/// Reads the heads of messages with few calls of the source: bytes near those that were read last are there already.
struct MessageReader<Source: ByteSource> {
    /// Bytes that are read at once, if there are as many. They cover the metadata of most messages.
    static var span: Int { 4096 }

    let size: Int64
    private let source: Source
    private var window = ByteBuffer()
    private var windowOffset: Int64 = 0

    init(_ source: Source) {
        self.source = source
        size = source.size
    }

    /// Exactly `count` bytes from `offset`.
    ///
    /// - Throws: `IPCProblem` if there are not as many, or what the source throws.
    mutating func bytes(at offset: Int64, count: Int) throws -> ByteBuffer {
        if let slice = slice(at: offset, count: count) { return slice }
        guard offset >= 0, offset <= size, Int64(count) <= size - offset else {
            throw IPCProblem(offset: offset, text: "\(count) bytes are missing: the end is at \(size)")
        }
        let wanted = max(count, Int(min(Int64(Self.span), size - offset)))
        window = try source.read(at: offset, count: wanted)
        windowOffset = offset
        guard let slice = slice(at: offset, count: count) else {
            throw IPCProblem(offset: offset, text: "read \(window.readableBytes) bytes where there should be \(wanted)")
        }
        return slice
    }

    private func slice(at offset: Int64, count: Int) -> ByteBuffer? {
        guard offset >= windowOffset, offset - windowOffset <= window.readableBytes else { return nil }
        return window.getSlice(at: window.readerIndex + Int(offset - windowOffset), length: count)
    }

    /// A message and its metadata, which share the bytes that were read.
    struct Message {
        let place: MessagePlace
        let metadata: ByteBuffer

        /// A view of the metadata, for as long as `read` runs.
        func read<Value>(_ read: (UnsafeRawBufferPointer) -> Value) -> Value {
            metadata.withUnsafeReadableBytes(read)
        }

        /// The problem, with the kind of message before it.
        func problem(_ text: String) -> IPCProblem {
            IPCProblem(offset: place.offset, text: "a \(place.header.kind.name) \(text)")
        }
    }

    /// The message that begins at `offset` and has to end, with its body, at `limit` or before.
    ///
    /// - Returns: nil if there is the mark of the end of a stream.
    /// - Throws: `IPCProblem` if there is no message of metadata version 4 or 5, or what the source throws.
    mutating func message(at offset: Int64, limit: Int64) throws -> Message? {
        let room = limit - offset
        let start = try bytes(at: offset, count: Int(max(0, min(room, 8))))
        guard let prefix = try MessagePrefix(start, at: offset) else { return nil }
        let metadataRoom = room - Int64(prefix.size)
        guard Int64(prefix.metadataLength) <= metadataRoom else {
            throw IPCProblem(
                offset: offset,
                text: "a message is cut: \(prefix.metadataLength) bytes of metadata where there are \(metadataRoom)")
        }
        let metadataOffset = offset + Int64(prefix.size)
        let metadata = try bytes(at: metadataOffset, count: prefix.metadataLength)
        guard let header = metadata.withUnsafeReadableBytes({ MessageHeader.parse($0) }) else {
            throw IPCProblem(offset: metadataOffset, text: "the metadata is not that of an Arrow IPC message")
        }
        let place = MessagePlace(
            offset: offset, metadataOffset: metadataOffset, metadataLength: prefix.metadataLength, header: header)
        let message = Message(place: place, metadata: metadata)
        guard header.version.isCurrent else { throw message.problem("has \(header.version.complaint)") }
        let bodyRoom = metadataRoom - Int64(prefix.metadataLength)
        guard header.bodyLength <= bodyRoom else {
            throw message.problem("is cut: a body of \(header.bodyLength) bytes where there are \(bodyRoom)")
        }
        return message
    }

    /// The schema message at `offset`.
    mutating func schema(at offset: Int64, limit: Int64) throws -> Message {
        guard let message = try message(at: offset, limit: limit) else {
            throw IPCProblem(offset: offset, text: "there is no schema: the stream ends at once")
        }
        guard message.place.header.kind == .schema else { throw message.problem("where the schema has to be") }
        guard message.place.bodyLength == 0 else { throw message.problem("with a body") }
        return message
    }
}

extension MetadataVersion {
    /// Whether messages of this version can be told and served: 4 (since Arrow 0.8) and 5 differ only inside unions.
    package var isCurrent: Bool { self == .v4 || self == .v5 }

    var complaint: String { "metadata version \(rawValue + 1), which is too old: 4 and 5 are read" }
}

extension MessageHeader.Kind {
    /// For messages to a person.
    var name: String {
        switch self {
        case .schema: "schema"
        case .dictionaryBatch: "dictionary"
        case .recordBatch: "record batch"
        case .tensor: "tensor"
        case .sparseTensor: "sparse tensor"
        case .other: "message of an unknown kind"
        }
    }
}
