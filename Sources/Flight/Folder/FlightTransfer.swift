internal import ArrowIPC
internal import FlightProtocol
internal import NIOCore
internal import NIOPosix

/// Sends a file's messages as they lie there: several in one read, large ones in pieces.
struct FlightTransfer {
    /// Bytes that are read from the file at once.
    private static let span = 1 << 20

    private let flight: FlightFolder.Flight
    private let pool: NIOThreadPool
    private var buffers: [ByteBuffer] = []

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
        give(bytes)
    }

    private mutating func sendInPieces(_ message: MessagePlace, to writer: FlightWriter<FlightData>) async throws {
        guard let length = Int(exactly: message.bodyLength) else {
            throw FlightError(.resourceExhausted, "a record batch of more than 2 GiB does not fit into a message")
        }
        let metadata = try await read(at: message.metadataOffset, count: message.metadataLength)
        var transfer = self
        try await writer.write(FlightData(header: metadata), bodyLength: length) { missing in
            let offset = message.end - Int64(missing)
            let piece = try await transfer.read(at: offset, count: min(missing, Self.span))
            transfer.give(piece)
            return piece
        }
        self = transfer
    }

    private mutating func read(at offset: Int64, count: Int) async throws -> ByteBuffer {
        let buffer = take(count)
        let source = flight.source
        do {
            return try await pool.runIfActive {
                var buffer = buffer
                try source.read(at: offset, count: count, into: &buffer)
                return buffer
            }
        } catch let problem as any Error & CustomStringConvertible where problem is IPCProblem || problem is FileProblem
        {
            throw FlightError(.dataLoss, "\(flight.name): \(problem)")
        }
    }

    // MARK: Buffers that are used again

    private mutating func take(_ count: Int) -> ByteBuffer {
        for index in buffers.indices {
            guard buffers[index].modifyIfUniquelyOwned({ $0.clear() }) != nil else { continue }
            return buffers.remove(at: index)
        }
        return ByteBufferAllocator().buffer(capacity: max(count, Self.span))
    }

    /// Keeps a buffer; slices of it may still be on their way.
    private mutating func give(_ buffer: ByteBuffer) {
        guard buffer.storageCapacity >= Self.span, buffers.count < 4 else { return }
        buffers.append(buffer)
    }
}
