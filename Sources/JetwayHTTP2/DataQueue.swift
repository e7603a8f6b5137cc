internal import NIOCore

/// DATA that waits for a window or for the socket, in order.
///
/// Nothing small pins something large for long. A small slice is copied at once, behind what was copied before, so that a
/// thousand frames of one byte are one piece. A larger slice that is smaller than half of the buffer it lies in is *loose*:
/// most are written a moment later, so it is copied into a buffer of its size only when `settle` finds it still waiting.
struct DataQueue {
    /// Slices below this size are always copied and merged.
    static let mergeBelow = 4096
    /// A merged piece is not made larger than this.
    static let mergedPiece = 16 * 1024

    private var pieces: [ByteBuffer] = []
    private var head = 0
    private var tailIsOurs = false
    /// No piece before this index is loose.
    private var settledUpTo = 0
    /// How many bytes wait.
    private(set) var bytes = 0
    /// The capacity of the buffers that the pieces lie in: what they really hold in memory.
    private(set) var retained = 0

    var isEmpty: Bool { bytes == 0 }
    var count: Int { pieces.count - head }

    /// Adds a slice. `maxPieces`: from this many pieces on, every slice is copied and merged.
    mutating func append(_ slice: ByteBuffer, maxPieces: Int) {
        let size = slice.readableBytes
        guard size > 0 else { return }
        bytes += size
        guard size < Self.mergeBelow || count >= maxPieces else {
            pieces.append(slice)
            retained += slice.storageCapacity
            tailIsOurs = false
            return
        }
        merge(slice)
    }

    /// Whether a piece holds a buffer more than twice its size.
    private static func isLoose(_ piece: ByteBuffer) -> Bool {
        piece.readableBytes < piece.storageCapacity / 2
    }

    /// Whether the last piece that was added should be settled if it has to wait.
    var endsLoose: Bool { pieces.last.map { !tailIsOurs && Self.isLoose($0) } ?? false }

    /// Copies the loose pieces, so that their buffers are free.
    mutating func settle() {
        let last = tailIsOurs ? pieces.count - 1 : pieces.count
        for index in max(head, settledUpTo)..<max(head, settledUpTo, last) where Self.isLoose(pieces[index]) {
            var copy = ByteBuffer()
            copy.reserveCapacity(pieces[index].readableBytes)
            copy.writeImmutableBuffer(pieces[index])
            retained += copy.storageCapacity - pieces[index].storageCapacity
            pieces[index] = copy
        }
        settledUpTo = max(settledUpTo, last)
    }

    private mutating func merge(_ slice: ByteBuffer) {
        if tailIsOurs, count > 0, pieces[pieces.count - 1].readableBytes + slice.readableBytes <= Self.mergedPiece {
            let last = pieces.count - 1
            retained -= pieces[last].storageCapacity
            pieces[last].writeImmutableBuffer(slice)
            retained += pieces[last].storageCapacity
            return
        }
        var copy = ByteBuffer()
        copy.reserveCapacity(slice.readableBytes)
        copy.writeImmutableBuffer(slice)
        retained += copy.storageCapacity
        pieces.append(copy)
        tailIsOurs = true
    }

    /// Takes at most `limit` bytes from the front; nil if nothing waits or the limit is not positive.
    mutating func pop(upTo limit: Int) -> ByteBuffer? {
        guard head < pieces.count, limit > 0 else { return nil }
        guard pieces[head].readableBytes > limit else {
            let piece = pieces[head]
            pieces[head] = ByteBuffer()
            head += 1
            bytes -= piece.readableBytes
            retained -= piece.storageCapacity
            compact()
            return piece
        }
        guard let part = pieces[head].readSlice(length: limit) else { return nil }
        if head == pieces.count - 1 { tailIsOurs = false }
        bytes -= limit
        return part
    }

    /// Drops everything and returns how many bytes that was.
    mutating func removeAll() -> Int {
        let dropped = bytes
        self = DataQueue()
        return dropped
    }

    private mutating func compact() {
        if head == pieces.count {
            pieces.removeAll(keepingCapacity: false)
            head = 0
            settledUpTo = 0
            tailIsOurs = false
        } else if head >= 32, head * 2 >= pieces.count {
            pieces.removeFirst(head)
            settledUpTo = max(0, settledUpTo - head)
            head = 0
        }
    }
}
