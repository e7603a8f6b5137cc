package import NIOCore

/// Puts the messages of one direction together from chunks that are cut anywhere.
///
/// A message that lies whole in one chunk is a slice of it; others are copied into a buffer of their own, which grows with
/// what has arrived: a length in a prefix alone allocates nothing.
package struct GRPCMessageAssembler: Sendable {
    /// Why a direction cannot be read on.
    package enum Problem: Error, Sendable, Equatable, CustomStringConvertible {
        /// The message is longer than the limit; both in bytes.
        case tooLarge(length: Int, limit: Int)
        /// A message is compressed, and no encoding was agreed on.
        case compressed

        package var description: String {
            switch self {
            case .tooLarge(let length, let limit): "a message of \(length) bytes is over the limit of \(limit)"
            case .compressed: "compressed messages are not supported"
            }
        }
    }

    /// What is reserved for a message at most, in bytes, before its bytes are there.
    private static let reservedAhead = 4 << 20

    /// The most bytes that a message may have.
    package let limit: Int
    private var walker = GRPCMessageWalker()
    private var partial = ByteBuffer()

    package init(limit: Int) {
        self.limit = limit
    }

    /// Whether no message is under way.
    package var isAtMessageBoundary: Bool { walker.isAtMessageBoundary }

    /// Takes the next bytes of the direction and calls `body` with each message that they complete.
    package mutating func consume(_ chunk: ByteBuffer, _ body: (ByteBuffer) -> Void) throws(Problem) {
        var offset = 0
        while true {
            let piece = chunk.withUnsafeReadableBytes { walker.nextPiece(of: $0, at: &offset) }
            if walker.hasLength, !walker.isAtMessageBoundary || piece != nil { try check() }
            guard let piece else { return }
            // The walker's ranges lie in the readable bytes.
            let start = chunk.readerIndex + piece.range.lowerBound
            var slice = chunk.getSlice(at: start, length: piece.range.count) ?? ByteBuffer()
            if piece.isFirst, piece.isLast {
                body(slice)
                continue
            }
            if piece.isFirst {
                partial = ByteBuffer()
                partial.reserveCapacity(min(walker.currentLength, max(Self.reservedAhead, piece.range.count)))
            }
            partial.writeBuffer(&slice)
            guard piece.isLast else { continue }
            body(partial)
            partial = ByteBuffer()
        }
    }

    private func check() throws(Problem) {
        guard !walker.currentCompressed else { throw .compressed }
        guard walker.currentLength <= limit else { throw .tooLarge(length: walker.currentLength, limit: limit) }
    }
}
