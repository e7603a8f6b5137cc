internal import NIOCore
internal import NIOTLS

/// Lets a connection live only if its TLS handshake ends in time and agrees on exactly `h2` (NIOSSL goes on otherwise).
final class TLSGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let timeout: TimeAmount
    private let onHandshake: () throws -> Void
    private var timer: Scheduled<Void>?
    /// NIOSSL goes on with what came behind the handshake until the connection is closed.
    private var isRefused = false

    /// - Parameter onHandshake: is called when the handshake is over, before anything that came behind it goes on. If it throws,
    ///   the connection is closed.
    init(timeout: TimeAmount, onHandshake: @escaping () throws -> Void = {}) {
        self.timeout = timeout
        self.onHandshake = onHandshake
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: timeout) {
            handler.value.refuse(FlightProblem("the TLS handshake took too long"), context: bound.value)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted(let negotiated)? = event as? TLSUserEvent {
            timer?.cancel()
            timer = nil
            guard negotiated == "h2" else {
                return refuse(FlightProblem("ALPN did not agree on h2"), context: context)
            }
            do {
                try onHandshake()
            } catch {
                return refuse(error, context: context)
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !isRefused { context.fireChannelRead(data) }
    }

    private func refuse(_ reason: any Error, context: ChannelHandlerContext) {
        isRefused = true
        context.fireErrorCaught(reason)
        context.close(promise: nil)
    }
}
