internal import NIOCore
internal import Synchronization

/// The connections of the admin listener, so that its end need not wait for somebody who holds one open.
final class AdminConnections: Sendable {
    private struct State {
        var isClosing = false
        var channels: [ObjectIdentifier: any Channel] = [:]
    }

    private let state = Mutex(State())

    /// Closes all, and those that still come.
    func close() {
        let channels = state.withLock { state in
            state.isClosing = true
            return Array(state.channels.values)
        }
        for channel in channels { channel.close(promise: nil) }
    }

    /// - Returns: whether the connection may stay.
    fileprivate func add(_ channel: any Channel) -> Bool {
        state.withLock { state in
            guard !state.isClosing else { return false }
            state.channels[ObjectIdentifier(channel)] = channel
            return true
        }
    }

    fileprivate func remove(_ channel: any Channel) {
        state.withLock { $0.channels[ObjectIdentifier(channel)] = nil }
    }

    /// Enters a connection while it is open.
    final class Handler: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = NIOAny

        private let connections: AdminConnections

        init(_ connections: AdminConnections) { self.connections = connections }

        func channelActive(context: ChannelHandlerContext) {
            context.fireChannelActive()
            if !connections.add(context.channel) { context.close(promise: nil) }
        }

        func channelInactive(context: ChannelHandlerContext) {
            connections.remove(context.channel)
            context.fireChannelInactive()
        }
    }
}
