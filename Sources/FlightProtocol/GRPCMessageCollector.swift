package import NIOCore

/// Collects the first message of a direction, to be looked at before anything is forwarded.
///
/// It holds what has arrived and never more than `limit` bytes; a length in a prefix allocates nothing. A message that
/// lies whole in one chunk is a slice of it.
package struct GRPCMessageCollector: Sendable {
    /// How far the collection is.
    package enum Progress: Sendable, Equatable {
        /// More bytes are needed.
        case incomplete
        /// `message` is there.
        case complete
        /// The message is longer than the limit; its prefix says so. Nothing of it is kept.
        case tooLarge
    }

    /// The most bytes that a message may have.
    package let limit: Int
    package private(set) var progress = Progress.incomplete
    /// The message, still compressed if `isCompressed`; nil until it is complete.
    package private(set) var message: ByteBuffer?
    /// Bytes that came behind the first message. An RPC that takes one message must have none.
    package private(set) var trailingBytes = 0

    private var walker = GRPCMessageWalker()
    private var collected = ByteBuffer()

    package init(limit: Int) {
        self.limit = limit
    }

    /// Whether the message is compressed as `grpc-encoding` says.
    package var isCompressed: Bool { walker.currentCompressed }

    /// Takes the next bytes of the direction.
    ///
    /// - Returns: `progress` as it is with them.
    package mutating func consume(_ chunk: ByteBuffer) -> Progress {
        guard progress == .incomplete else {
            trailingBytes &+= chunk.readableBytes
            return progress
        }
        var offset = 0
        let piece = chunk.withUnsafeReadableBytes { walker.nextPiece(of: $0, at: &offset) }
        if walker.hasLength, walker.currentLength > limit {
            progress = .tooLarge
            collected = ByteBuffer()
            return progress
        }
        guard let piece else { return progress }
        // The walker's ranges lie in the readable bytes.
        let start = chunk.readerIndex + piece.range.lowerBound
        var slice = chunk.getSlice(at: start, length: piece.range.count) ?? ByteBuffer()
        if piece.isFirst && piece.isLast {
            message = slice
        } else {
            collected.writeBuffer(&slice)
            if piece.isLast {
                message = collected
                collected = ByteBuffer()
            }
        }
        if piece.isLast {
            progress = .complete
            trailingBytes = chunk.readableBytes - offset
        }
        return progress
    }
}
