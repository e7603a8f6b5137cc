package import FlightProtocol
package import JetwayHTTP2
package import NIOCore
internal import NIOPosix

/// Dials an upstream. TLS comes in as a factory of channel handlers, so that the data path knows none of it.
package struct UpstreamConnector: Sendable {
    /// Makes the handlers that stand between the socket and HTTP/2, for a server's name (nil for an IP address).
    package typealias TLSFactory = @Sendable (_ serverName: String?) throws -> [any ChannelHandler]

    /// Brings a transport to an HTTP/2 connection: adds it to the pipeline of a channel that is connected.
    package typealias Attach = @Sendable (HTTP2Connection, any EventLoop) -> EventLoopFuture<Void>

    package let endpoint: FlightLocation
    private let attach: Attach

    /// - Parameter attach: how a transport is had; for tests and for other transports than sockets.
    package init(endpoint: FlightLocation, attach: @escaping Attach) {
        self.endpoint = endpoint
        self.attach = attach
    }

    /// Dials the endpoint's socket.
    package init(endpoint: FlightLocation, tls: TLSFactory?, connectTimeout: TimeAmount, readSize: Int) {
        self.init(endpoint: endpoint) { connection, loop in
            let bootstrap = Self.bootstrap(
                endpoint, tls: tls, timeout: connectTimeout, readSize: readSize, loop: loop, http2: connection.loop)
            // The host may have several addresses, with a channel each until one is connected: only that gets the handler.
            let bound = NIOLoopBound(connection, eventLoop: loop)
            return Self.dial(endpoint, bootstrap).flatMapThrowing { channel in
                try channel.pipeline.syncOperations.addHandler(bound.value)
            }
        }
    }

    /// Connects. The future succeeds when the transport is there; HTTP/2 is only known to be there with its first SETTINGS.
    func connect(_ connection: HTTP2Connection, on loop: any EventLoop) -> EventLoopFuture<Void> {
        attach(connection, loop)
    }

    private static func bootstrap(
        _ endpoint: FlightLocation, tls: TLSFactory?, timeout: TimeAmount, readSize: Int, loop: any EventLoop,
        http2: HTTP2Loop
    ) -> ClientBootstrap {
        let pool = NIOLoopBound(http2.buffers, eventLoop: loop)
        return ClientBootstrap(group: loop)
            .connectTimeout(timeout)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let source = ReceiveBufferSource(pool: pool.value, largest: readSize)
                    try channel.syncOptions?.setOption(.recvAllocator, value: source)
                    guard case .host(let host, _) = endpoint.address else { return }
                    SocketOptions.apply(to: channel)
                    guard let tls else { return }
                    let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
                    try channel.pipeline.syncOperations.addHandlers(try tls(isAddress ? nil : host))
                }
            }
    }

    private static func dial(_ endpoint: FlightLocation, _ bootstrap: ClientBootstrap) -> EventLoopFuture<any Channel> {
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
