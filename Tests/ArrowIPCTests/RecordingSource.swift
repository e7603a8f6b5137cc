import ArrowIPC
import NIOCore

/// Bytes in memory that note what was asked for.
final class RecordingSource: ByteSource {
    private let source: MemorySource
    private(set) var reads: [Range<Int64>] = []
    /// Bytes that the end is short of what was promised, as of a file that is cut meanwhile.
    var missing: Int64 = 0

    init(_ bytes: [UInt8]) {
        source = MemorySource(ByteBuffer(bytes: bytes))
    }

    var size: Int64 { source.size }

    func read(at offset: Int64, count: Int) throws -> ByteBuffer {
        reads.append(offset..<offset + Int64(count))
        return try source.read(at: offset, count: max(0, min(count, Int(size - missing - offset))))
    }
}
