internal import NIOCore

/// Hands a large read to the TLS handler in pieces, and lets the plaintext of each go its way before the next.
///
/// NIOSSL gathers the plaintext of a whole read in one buffer. As long as some of that is queued, the next read takes a new
/// buffer, which NIO fills with a copy of the old one: of up to 1 MiB for nothing, in memory that is mapped anew. The
/// plaintext of a piece is as a rule gone before the next one, and it is still in the processor's cache when it is sent.
final class TLSReadPieces: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// Bytes of a piece, as they are on the wire.
    private static let piece = 256 << 10

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var rest = unwrapInboundIn(data)
        while rest.readableBytes > Self.piece, let part = rest.readSlice(length: Self.piece) {
            context.fireChannelRead(wrapInboundOut(part))
            context.fireChannelReadComplete()
        }
        context.fireChannelRead(wrapInboundOut(rest))
    }
}
