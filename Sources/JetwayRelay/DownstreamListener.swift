package import FlightProtocol
package import JetwayCore
internal import JetwayHTTP2
package import NIOCore
internal import NIOPosix

/// One address that the gateway listens on, as a configuration describes it.
package struct ListenerSettings: Sendable {
    /// Makes the handlers between the socket and HTTP/2 of one connection. They give the client's verified certificate (DER) to
    /// the closure when the handshake is over; nil without one.
    package typealias TLSFactory =
        @Sendable (_ onHandshake: @escaping ([UInt8]?) -> Void) throws -> [any ChannelHandler]

    /// Tells listeners apart, also over changes of the configuration: the address as it is written there.
    package var address: String
    /// What is bound; port 0 takes any free port.
    package var endpoint: FlightLocation
    package var tls: TLSFactory?
    /// Networks whose connections begin with a PROXY protocol header; nil: none do.
    package var proxies: NetworkList?
    /// Whether a connection ends that authenticates no call in time.
    package var wantsLogin: Bool
    /// Tells one set of authorities for clients' certificates from another: connections that were verified by others end.
    package var trust: String

    package init(
        address: String, endpoint: FlightLocation, tls: TLSFactory? = nil, proxies: NetworkList? = nil,
        wantsLogin: Bool = false, trust: String = ""
    ) {
        self.address = address
        self.endpoint = endpoint
        self.tls = tls
        self.proxies = proxies
        self.wantsLogin = wantsLogin
        self.trust = trust
    }
}

/// Takes clients' connections and hands each to an event loop, in turn.
package struct DownstreamListener: Sendable {
    private let loops: [ObjectIdentifier: NIOLoopBound<RelayLoop>]
    private let group: any EventLoopGroup

    /// - Parameter loops: a relay loop for each event loop of the group.
    package init(loops: [NIOLoopBound<RelayLoop>], group: any EventLoopGroup) {
        var table: [ObjectIdentifier: NIOLoopBound<RelayLoop>] = [:]
        for loop in loops { table[ObjectIdentifier(loop.eventLoop)] = loop }
        self.loops = table
        self.group = group
    }

    /// Begins to listen. How each connection is treated is looked up when it comes, in the configuration of that moment.
    package func listen(_ settings: ListenerSettings) async throws -> any Channel {
        let address = settings.address
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.maxMessagesPerRead, value: 16)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try accept(channel, on: address) }
            }
        switch settings.endpoint.address {
        case .host(let host, let port): return try await bootstrap.bind(host: host, port: port).get()
        case .unixSocket(let path):
            return try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        }
    }

    private func accept(_ channel: any Channel, on address: String) throws {
        guard let loop = loops[ObjectIdentifier(channel.eventLoop)]?.value,
            let settings = loop.snapshot.listener(address), loop.takesConnections
        else { throw ConnectionRefused() }
        SocketOptions.apply(to: channel)
        try channel.syncOptions?.setOption(
            .recvAllocator, value: ReceiveBufferSource(pool: loop.http2.buffers, largest: loop.limits.readSize))
        let peer = Peer(address: channel.remoteAddress?.withoutMapping, usesTLS: settings.tls != nil)
        let isProxied = peer.address.map { settings.proxies?.contains($0) ?? false } ?? false
        let downstream = DownstreamConnection(loop: loop, peer: peer, settings: settings)
        guard isProxied || downstream.enter() else { throw ConnectionRefused() }
        let pipeline = channel.pipeline.syncOperations
        if isProxied {
            // The proxy's own connections are not counted; those of the clients behind it are.
            try pipeline.addHandler(
                ProxyProtocolHandler(timeout: loop.limits.downstream.preface) { address in
                    if let address { peer.address = address.withoutMapping }
                    return downstream.enter()
                })
        }
        if let tls = settings.tls {
            try pipeline.addHandlers(try tls { peer.certificate = $0 })
        }
        try pipeline.addHandler(downstream.makeConnection())
    }
}

/// One connection more than the limits allow; it is closed unanswered.
private struct ConnectionRefused: Error {}
