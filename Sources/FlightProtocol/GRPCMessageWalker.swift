package import NIOCore

/// Follows the gRPC messages of one direction of a call through chunks that are cut anywhere.
///
/// Only the five bytes before each message are looked at; the messages are stepped over by their length, and nothing is
/// kept or allocated. So the price of a chunk does not depend on its size.
package struct GRPCMessageWalker: Sendable {
    /// The bytes of one message that one chunk holds.
    package struct Piece {
        /// Where they lie in the chunk. Empty for a message of no bytes, and only then.
        package let range: Range<Int>
        package let isFirst: Bool
        package let isLast: Bool
    }

    /// Messages that have ended.
    package private(set) var messages = 0
    /// Bytes of messages seen so far, prefixes not counted.
    package private(set) var messageBytes = 0
    /// Bytes of the longest message that has begun, as its prefix says. The prefix is the peer's word only.
    package private(set) var largestMessage = 0
    /// Whether the message under way is compressed, or the last one between two messages.
    package private(set) var currentCompressed = false
    /// Bytes of the message under way, or of the last one between two messages, as its prefix says.
    package private(set) var currentLength = 0

    /// Bytes of the prefix that have arrived; 0 inside a message.
    private var prefixBytes = 0
    /// Bytes of the message under way that have not arrived.
    private var remaining = 0

    package init() {}

    /// Whether every message that has begun has ended. True before the first byte.
    package var isAtMessageBoundary: Bool { prefixBytes == 0 && remaining == 0 }

    /// Whether `currentLength` is whole: false until the first prefix has arrived and while another one arrives.
    var hasLength: Bool { prefixBytes == 0 && (remaining > 0 || messages > 0) }

    /// Takes the next bytes of the direction.
    package mutating func consume(_ chunk: ByteBuffer) {
        chunk.withUnsafeReadableBytes { consume($0) }
    }

    /// Takes the next bytes of the direction.
    package mutating func consume(_ chunk: UnsafeRawBufferPointer) {
        var offset = 0
        while nextPiece(of: chunk, at: &offset) != nil {}
    }

    /// The next piece of a message in `chunk` at or behind `offset`, which moves behind it; nil at the chunk's end.
    package mutating func nextPiece(of chunk: UnsafeRawBufferPointer, at offset: inout Int) -> Piece? {
        if remaining > 0 {
            guard offset < chunk.count else { return nil }
            return take(from: chunk, at: &offset, isFirst: currentLength == remaining)
        }
        while offset < chunk.count {
            let byte = chunk[offset]
            offset += 1
            if prefixBytes == 0 {
                currentCompressed = byte != 0
                currentLength = 0
            } else {
                // Four bytes at most, so it stays below 2^32.
                currentLength = currentLength << 8 | Int(byte)
            }
            prefixBytes += 1
            if prefixBytes == GRPCMessagePrefix.size {
                prefixBytes = 0
                remaining = currentLength
                largestMessage = max(largestMessage, currentLength)
                // The prefix may end the chunk: then the message's first bytes come with the next.
                guard remaining == 0 || offset < chunk.count else { return nil }
                return take(from: chunk, at: &offset, isFirst: true)
            }
        }
        return nil
    }

    private mutating func take(from chunk: UnsafeRawBufferPointer, at offset: inout Int, isFirst: Bool) -> Piece {
        let end = offset + min(remaining, chunk.count - offset)
        let range = offset..<end
        offset = end
        remaining -= range.count
        messageBytes &+= range.count
        if remaining == 0 { messages &+= 1 }
        return Piece(range: range, isFirst: isFirst, isLast: remaining == 0)
    }
}
