package import NIOCore

/// Random access to the bytes of a file or of memory. Synchronous: the caller runs it where blocking is allowed.
package protocol ByteSource {
    /// In bytes.
    var size: Int64 { get }

    /// Exactly `count` bytes from `offset`. The caller asks only for ranges inside `size`.
    func read(at offset: Int64, count: Int) throws -> ByteBuffer
}

/// Bytes that are in memory; what is read shares them.
package struct MemorySource: ByteSource, Sendable {
    private let buffer: ByteBuffer

    /// - Parameter buffer: its readable bytes count.
    package init(_ buffer: ByteBuffer) {
        self.buffer = buffer
    }

    package var size: Int64 { Int64(buffer.readableBytes) }

    package func read(at offset: Int64, count: Int) throws(IPCProblem) -> ByteBuffer {
        guard offset >= 0, offset <= size, count >= 0, Int64(count) <= size - offset,
            let slice = buffer.getSlice(at: buffer.readerIndex + Int(offset), length: count)
        else { throw IPCProblem(offset: offset, text: "\(count) bytes do not lie inside the \(size) bytes there are") }
        return slice
    }
}
