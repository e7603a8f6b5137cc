internal import JetwayHTTP2
package import NIOCore
internal import NIOPosix

/// Takes clients' connections and hands each to an event loop, in turn.
package struct DownstreamListener: Sendable {
    /// Makes the handlers between the socket and HTTP/2 of one connection.
    package typealias TLSFactory = @Sendable () throws -> [any ChannelHandler]

    private let loops: [ObjectIdentifier: NIOLoopBound<RelayLoop>]
    private let group: any EventLoopGroup
    private let tls: TLSFactory?

    /// - Parameter loops: a relay loop for each event loop of the group.
    package init(
        loops: [NIOLoopBound<RelayLoop>], group: any EventLoopGroup, eventLoops: [any EventLoop], tls: TLSFactory?
    ) {
        var table: [ObjectIdentifier: NIOLoopBound<RelayLoop>] = [:]
        for (eventLoop, loop) in zip(eventLoops, loops) { table[ObjectIdentifier(eventLoop)] = loop }
        self.loops = table
        self.group = group
        self.tls = tls
    }

    /// Begins to listen.
    ///
    /// - Parameter port: 0 takes any free port; the channel's local address tells which.
    package func listen(host: String, port: Int) async throws -> any Channel {
        try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.maxMessagesPerRead, value: 16)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try accept(channel) }
            }
            .bind(host: host, port: port)
            .get()
    }

    private func accept(_ channel: any Channel) throws {
        guard let loop = loops[ObjectIdentifier(channel.eventLoop)]?.value else { throw ConnectionRefused() }
        let peer = channel.remoteAddress
        guard loop.shared.admission.enter(peer) else { throw ConnectionRefused() }
        let downstream = DownstreamConnection(loop: loop, peer: peer)
        SocketOptions.apply(to: channel)
        try channel.syncOptions?.setOption(
            .recvAllocator, value: ReceiveBufferSource(pool: loop.http2.buffers, largest: loop.limits.readSize))
        if let tls { try channel.pipeline.syncOperations.addHandlers(try tls()) }
        try channel.pipeline.syncOperations.addHandler(downstream.makeConnection(usesTLS: tls != nil))
    }
}

/// One connection more than the limits allow; it is closed unanswered.
private struct ConnectionRefused: Error {}
