internal import CZlib
internal import NIOCore

/// Inflates the copy of a message that is looked at; what goes on stays as it came.
enum InflatedMessage {
    /// Why a message cannot be looked at.
    enum Problem: Error, Equatable {
        /// It is longer than the limit, inflated.
        case tooLarge
        /// It is not what `grpc-encoding` says, or something follows it.
        case damaged
        /// An encoding that is not known here.
        case unknownEncoding
    }

    /// The message inflated.
    ///
    /// - Parameters:
    ///   - encoding: what `grpc-encoding` says (gRPC over HTTP/2, "Message-Encoding").
    ///   - limit: in bytes; a few bytes can inflate to a thousand times as many.
    static func inflate(
        _ message: ByteBuffer, encoding: String, limit: Int, allocator: ByteBufferAllocator = ByteBufferAllocator()
    ) throws(Problem) -> ByteBuffer {
        guard encoding == "gzip" || encoding == "deflate" else { throw .unknownEncoding }
        var stream = z_stream()
        guard czlib_inflate_init(&stream) == Z_OK else { throw .damaged }
        defer { inflateEnd(&stream) }
        // One byte more than the limit, so that what is over it is seen.
        var output = allocator.buffer(capacity: min(limit + 1, max(1024, 4 * message.readableBytes)))
        var input = message
        let status: Result<Void, Problem> = input.withUnsafeMutableReadableBytes { bytes in
            stream.next_in = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.avail_in = UInt32(clamping: bytes.count)
            return run(&stream, into: &output, limit: limit)
        }
        try status.get()
        return output
    }

    private static func run(_ stream: inout z_stream, into output: inout ByteBuffer, limit: Int) -> Result<
        Void, Problem
    > {
        while true {
            var status = Z_OK
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: 1024) { space in
                stream.next_out = space.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.avail_out = UInt32(clamping: space.count)
                status = CZlib.inflate(&stream, Z_NO_FLUSH)
                return space.count - Int(stream.avail_out)
            }
            guard output.readableBytes <= limit else { return .failure(.tooLarge) }
            switch status {
            case Z_STREAM_END: return stream.avail_in == 0 ? .success(()) : .failure(.damaged)
            case Z_OK where stream.avail_in > 0 || stream.avail_out == 0: continue
            default: return .failure(.damaged)
            }
        }
    }
}
