package import FlightProtocol
package import JetwayHTTP2
package import Logging
internal import NIOCore
internal import NIOPosix

/// A Flight server: a listener, its event loops, and a service that answers.
package final class FlightServer: Sendable {
    /// What a server is started with.
    package struct Settings: Sendable {
        package var host: String
        /// 0 takes any free port.
        package var port: Int
        /// TLS towards clients; plaintext without.
        package var tls: FlightTLS.ServerHandlers?
        /// Event loops, each with a thread of its own.
        package var threads: Int
        package var limits: HTTP2Limits
        /// Bytes of the largest message that is taken.
        package var messageLimit = 512 << 20
        /// Bytes that all queues may hold.
        package var retainedMemory = 1 << 30
        package var logger: Logger

        package init(host: String, port: Int, threads: Int, limits: HTTP2Limits = .downstream, logger: Logger) {
            self.host = host
            self.port = port
            self.threads = threads
            self.limits = limits
            self.logger = logger
        }
    }

    private let group: MultiThreadedEventLoopGroup
    private let loops: [NIOLoopBound<ServerLoop>]
    private let listener: any Channel
    private let settings: Settings

    private init(
        group: MultiThreadedEventLoopGroup, loops: [NIOLoopBound<ServerLoop>], listener: any Channel, settings: Settings
    ) {
        self.group = group
        self.loops = loops
        self.listener = listener
        self.settings = settings
    }

    /// Where it listens: `grpc://HOST:PORT` or `grpc+tls://HOST:PORT`.
    package var location: FlightLocation {
        FlightLocation(
            host: settings.host, port: listener.localAddress?.port ?? settings.port, usesTLS: settings.tls != nil)
    }

    /// Starts a server. When it returns, connections are taken.
    ///
    /// - Throws: `FlightProblem`, in words for the operator.
    package static func start(_ settings: Settings, service: some FlightService) async throws -> FlightServer {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: settings.threads)
        let budget = ByteBudget(limit: settings.retainedMemory)
        var loops: [ObjectIdentifier: NIOLoopBound<ServerLoop>] = [:]
        for eventLoop in group.makeIterator() {
            loops[ObjectIdentifier(eventLoop)] = try await eventLoop.submit {
                let loop = ServerLoop(eventLoop: eventLoop, service: service, settings: settings, budget: budget)
                return NIOLoopBound(loop, eventLoop: eventLoop)
            }.get()
        }
        do {
            let listener = try await listen(settings, group: group, loops: loops)
            return FlightServer(group: group, loops: Array(loops.values), listener: listener, settings: settings)
        } catch {
            try? await group.shutdownGracefully()
            throw FlightProblem("cannot listen on \(settings.host):\(settings.port): \(FlightProblem.describe(error))")
        }
    }

    private static func listen(
        _ settings: Settings, group: MultiThreadedEventLoopGroup, loops: [ObjectIdentifier: NIOLoopBound<ServerLoop>]
    ) async throws -> any Channel {
        let tls = settings.tls
        return try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let loop = loops[ObjectIdentifier(channel.eventLoop)]?.value else {
                        throw FlightProblem("a connection without an event loop")
                    }
                    SocketOptions.apply(to: channel)
                    let buffers = ReceiveBufferSource(pool: loop.http2.buffers)
                    try channel.syncOptions?.setOption(.recvAllocator, value: buffers)
                    if let tls { try channel.pipeline.syncOperations.addHandlers(try tls()) }
                    let connection = ServerConnection(loop: loop, peer: channel.remoteAddress)
                    try channel.pipeline.syncOperations.addHandler(connection.makeConnection(usesTLS: tls != nil))
                }
            }
            .bind(host: settings.host, port: settings.port)
            .get()
    }

    /// Stops in order: no new connections, two GOAWAYs, time for open calls to end; then UNAVAILABLE for those that still
    /// run, then the end.
    package func drain() async {
        try? await listener.close().get()
        let drained = loops.map { loop in
            let promise = loop.eventLoop.makePromise(of: Void.self)
            loop.eventLoop.execute { loop.value.drain { promise.succeed() } }
            return promise.futureResult
        }
        let grace = group.next().scheduleTask(in: settings.limits.drainGrace) { [loops] in
            for loop in loops { loop.eventLoop.execute { loop.value.endCalls() } }
        }
        let hardStop = group.next().scheduleTask(in: settings.limits.drainHardStop) { [loops] in
            for loop in loops { loop.eventLoop.execute { loop.value.close() } }
        }
        try? await EventLoopFuture.andAllComplete(drained, on: group.next()).get()
        grace.cancel()
        hardStop.cancel()
        try? await group.shutdownGracefully()
    }
}
