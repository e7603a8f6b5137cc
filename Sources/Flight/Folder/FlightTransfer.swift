internal import ArrowIPC
internal import FlightProtocol
internal import NIOCore
internal import NIOPosix

/// Sends a file's messages as they lie there: several in one read, large ones in pieces.
///
/// What is in memory already is read on the event loop, so that it is still in the processor's cache when it is sent; for
/// the rest a thread of the pool waits for the disk.
struct FlightTransfer {
    /// Bytes that are read from the file at once: they fit into a processor's second-level cache.
    private static let span = 272 << 10

    private let flight: FlightFolder.Flight
    private let pool: NIOThreadPool
    private var buffers: [ReadBuffer] = []

    init(_ flight: FlightFolder.Flight, on pool: NIOThreadPool) {
        self.flight = flight
        self.pool = pool
    }

    mutating func send(to writer: FlightWriter<FlightData>) async throws {
        try await writer.write(FlightData(header: flight.index.schemaMessage))
        var rest = flight.index.messages[...]
        while let first = rest.first {
            let group = rest.prefix(Self.together(rest))
            if group.isEmpty {
                try await sendInPieces(first, to: writer)
                rest = rest.dropFirst()
            } else {
                try await send(group, to: writer)
                rest = rest.dropFirst(group.count)
            }
        }
    }

    /// How many of the next messages lie one behind the other and fit into one read; 0 if the first does not.
    private static func together(_ messages: ArraySlice<MessagePlace>) -> Int {
        guard let first = messages.first else { return 0 }
        var end = first.offset
        var count = 0
        for message in messages {
            guard message.offset == end, message.end - first.offset <= Int64(span) else { break }
            end = message.end
            count += 1
        }
        return count
    }

    private mutating func send(_ group: ArraySlice<MessagePlace>, to writer: FlightWriter<FlightData>) async throws {
        guard let first = group.first, let last = group.last else { return }
        let bytes = try await read(at: first.offset, count: Int(last.end - first.offset))
        for message in group {
            let header = bytes.getSlice(at: Int(message.metadataOffset - first.offset), length: message.metadataLength)
            let body = bytes.getSlice(at: Int(message.bodyOffset - first.offset), length: Int(message.bodyLength))
            try await writer.write(FlightData(header: header, body: body))
        }
    }

    private mutating func sendInPieces(_ message: MessagePlace, to writer: FlightWriter<FlightData>) async throws {
        guard let length = Int(exactly: message.bodyLength) else {
            throw FlightError(.resourceExhausted, "a record batch of more than 2 GiB does not fit into a message")
        }
        let metadata = try await read(at: message.metadataOffset, count: message.metadataLength)
        var transfer = self
        try await writer.write(FlightData(header: metadata), bodyLength: length) { missing in
            try await transfer.read(at: message.end - Int64(missing), count: min(missing, Self.span))
        }
        self = transfer
    }

    private mutating func read(at offset: Int64, count: Int) async throws -> ByteBuffer {
        let buffer = freeBuffer(count)
        let source = flight.source
        let done = source.readCached(at: offset, count: count, into: &buffer.bytes)
        do {
            if done < count {
                try await pool.runIfActive {
                    try source.read(at: offset + Int64(done), count: count - done, into: &buffer.bytes)
                }
            }
            try source.checkUnchanged(readingAt: offset)
            return buffer.bytes
        } catch let problem as any Error & CustomStringConvertible where problem is IPCProblem || problem is FileProblem
        {
            throw FlightError(.dataLoss, "\(flight.name): \(problem)")
        }
    }

    /// An empty buffer. One that was sent is used again when nothing of it is on its way any more.
    private mutating func freeBuffer(_ count: Int) -> ReadBuffer {
        for buffer in buffers where buffer.bytes.storageCapacity >= count {
            if buffer.bytes.modifyIfUniquelyOwned({ $0.clear() }) != nil { return buffer }
        }
        let buffer = ReadBuffer(capacity: max(count, Self.span))
        if buffers.count < Self.keptBuffers { buffers.append(buffer) }
        return buffer
    }

    private static let keptBuffers = 8
}

/// A buffer that goes to a thread and back without being copied.
private final class ReadBuffer: @unchecked Sendable {
    // Proof of `Sendable`: one task uses it, and awaits each read before it looks.
    var bytes: ByteBuffer

    init(capacity: Int) {
        bytes = ByteBufferAllocator().buffer(capacity: capacity)
    }
}
