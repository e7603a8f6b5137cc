internal import NIOCore

/// Stands first in the pipeline of a connection from a trusted proxy, reads its header and goes away.
///
/// Nothing behind it sees the connection as open, and so sends nothing, until the header is there. A connection whose first bytes
/// are no header, or not in time, is closed: a receiver must not guess (proxy-protocol.txt, section 2). Connections from outside of
/// the trusted networks have no such handler; what looks like a header there is a client's nonsense.
final class ProxyProtocolHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private enum State {
        /// What has come of the header.
        case waiting(ByteBuffer)
        /// What comes is passed on.
        case done
        /// What still comes is dropped.
        case refused
    }

    private let timeout: TimeAmount
    private let onAddress: (SocketAddress?) -> Bool
    private var state = State.waiting(ByteBuffer())
    private var timer: Scheduled<Void>?

    /// - Parameters:
    ///   - timeout: how long a whole header may take.
    ///   - onAddress: is called once, with the client's address if the proxy names one; false closes the connection.
    init(timeout: TimeAmount, onAddress: @escaping (SocketAddress?) -> Bool) {
        self.timeout = timeout
        self.onAddress = onAddress
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: timeout) {
            handler.value.refuse(.timeout, context: bound.value)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        if case .done = state { context.fireChannelActive() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .waiting(var bytes):
            // So that the bytes are not copied when more are put behind them.
            state = .refused
            bytes.writeImmutableBuffer(unwrapInboundIn(data))
            read(bytes, context: context)
        case .done:
            context.fireChannelRead(data)
        case .refused:
            break
        }
    }

    private func read(_ bytes: ByteBuffer, context: ChannelHandlerContext) {
        switch ProxyProtocolHeader.parse(bytes) {
        case .needsMore:
            state = .waiting(bytes)
        case .malformed(let fault):
            refuse(fault, context: context)
        case .header(let header):
            timer?.cancel()
            timer = nil
            guard onAddress(header.source) else { return context.close(promise: nil) }
            state = .done
            pass(bytes.readableBytesView.dropFirst(header.length), context: context)
        }
    }

    private func pass(_ rest: ByteBufferView, context: ChannelHandlerContext) {
        context.fireChannelActive()
        if !rest.isEmpty { context.fireChannelRead(wrapInboundOut(ByteBuffer(rest))) }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if case .done = state { context.fireChannelReadComplete() }
    }

    private func refuse(_ fault: ProxyProtocolFault, context: ChannelHandlerContext) {
        state = .refused
        timer?.cancel()
        timer = nil
        context.fireErrorCaught(fault)
        context.close(promise: nil)
    }
}

@available(*, unavailable)
extension ProxyProtocolHandler: Sendable {}
