internal import JetwayHTTP2
package import NIOCore
internal import NIOPosix

/// Dials an upstream. TLS comes in as a factory of channel handlers, so that the data path knows none of it.
package struct UpstreamConnector: Sendable {
    /// Makes the handlers that stand between the socket and HTTP/2, for a server's name (nil for an IP address).
    package typealias TLSFactory = @Sendable (_ serverName: String?) throws -> [any ChannelHandler]

    package let endpoint: UpstreamEndpoint
    private let tls: TLSFactory?
    private let connectTimeout: TimeAmount

    package init(endpoint: UpstreamEndpoint, tls: TLSFactory?, connectTimeout: TimeAmount) {
        self.endpoint = endpoint
        self.tls = tls
        self.connectTimeout = connectTimeout
    }

    /// Connects. The future succeeds when the transport is there; HTTP/2 is only known to be there with its first SETTINGS.
    func connect(_ connection: HTTP2Connection, on loop: any EventLoop) -> EventLoopFuture<Void> {
        let pool = NIOLoopBound(connection.loop.buffers, eventLoop: loop)
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(connectTimeout)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelInitializer { [endpoint, tls] channel in
                channel.eventLoop.makeCompletedFuture {
                    let source = ReceiveBufferSource(pool: pool.value)
                    try channel.syncOptions?.setOption(.recvAllocator, value: source)
                    guard case .host(let host, _) = endpoint.address else { return }
                    SocketOptions.apply(to: channel)
                    guard let tls else { return }
                    let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
                    try channel.pipeline.syncOperations.addHandlers(try tls(isAddress ? nil : host))
                }
            }
        // The host may have several addresses, with a channel each until one is connected: only that gets the handler.
        let bound = NIOLoopBound(connection, eventLoop: loop)
        return dial(bootstrap).flatMapThrowing { channel in
            try channel.pipeline.syncOperations.addHandler(bound.value)
        }
    }

    private func dial(_ bootstrap: ClientBootstrap) -> EventLoopFuture<any Channel> {
        switch endpoint.address {
        case .host(let host, let port): bootstrap.connect(host: host, port: port)
        case .unixSocket(let path): bootstrap.connect(unixDomainSocketPath: path)
        }
    }

    /// An error of connecting in words for an operator.
    static func describe(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            if let dns = error.dnsAError ?? error.dnsAAAAError, error.connectionErrors.isEmpty {
                return "\(error.host) cannot be resolved: \(dns)"
            }
            guard let last = error.connectionErrors.last else { return "cannot connect to \(error.host):\(error.port)" }
            return "\(last.target): \(describe(last.error))"
        case let error as IOError: return error.description
        case ChannelError.connectTimeout: return "no answer in time"
        default: return "\(error)"
        }
    }
}

/// Socket options for TCP connections of both sides.
enum SocketOptions {
    /// TCP_USER_TIMEOUT (Linux, tcp(7)): unacknowledged data ends the connection to a dead host after this many ms.
    private static let userTimeoutOption = ChannelOptions.Types.SocketOption(
        level: .tcp, name: NIOBSDSocket.Option(rawValue: 18))

    static func apply(to channel: any Channel) {
        // A channel that has none of these (a unix socket) works without them.
        try? channel.syncOptions?.setOption(.tcpOption(.tcp_nodelay), value: 1)
        try? channel.syncOptions?.setOption(.socketOption(.so_keepalive), value: 1)
        try? channel.syncOptions?.setOption(userTimeoutOption, value: 20_000)
    }
}
