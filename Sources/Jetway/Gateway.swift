internal import Flight
package import FlightProtocol
internal import JetwayCore
internal import JetwayHTTP2
internal import JetwayRelay
internal import Logging
internal import NIOCore
internal import NIOPosix

/// A running gateway: a listener, its event loops, and what lives on them.
package final class Gateway: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let loops: [NIOLoopBound<RelayLoop>]
    private let listener: any Channel
    private let settings: GatewaySettings

    private init(
        group: MultiThreadedEventLoopGroup, loops: [NIOLoopBound<RelayLoop>], listener: any Channel,
        settings: GatewaySettings
    ) {
        self.group = group
        self.loops = loops
        self.listener = listener
        self.settings = settings
    }

    /// Where it listens: `grpc://HOST:PORT` or `grpc+tls://HOST:PORT`.
    package var location: FlightLocation {
        FlightLocation(
            host: settings.host, port: listener.localAddress?.port ?? settings.port,
            usesTLS: settings.listenerTLS != nil)
    }

    /// Starts a gateway. When it returns, connections are taken.
    ///
    /// - Throws: `FlightProblem`, in words for the operator.
    package static func start(_ settings: GatewaySettings) async throws -> Gateway {
        let limits = settings.limits
        let serverTLS = try settings.listenerTLS.map {
            try FlightTLS.server(certificate: $0.certificate, key: $0.key, handshake: limits.tlsHandshake)
        }
        let clientTLS =
            settings.upstream.usesTLS
            ? try FlightTLS.client(
                authority: settings.upstreamTLS.authority, insecure: settings.upstreamTLS.insecure,
                handshake: limits.tlsHandshake)
            : nil
        let connector = UpstreamConnector(
            endpoint: settings.upstream, tls: clientTLS, connectTimeout: limits.connectTimeout,
            readSize: limits.readSize)
        let configuration = RelayConfiguration(
            limits: limits, upstreams: [connector], pipeline: Stage(SingleUpstreamRoute(), before: Relaying()),
            logger: settings.logger,
            returnFreeMemory: {
                ProcessLimits.returnThreadMemory()
                NIOThreadPool.singleton.submit { _ in ProcessLimits.returnFreeMemory() }
            })
        let group = MultiThreadedEventLoopGroup(numberOfThreads: settings.threads)
        let shared = RelayShared(configuration: configuration, loops: settings.threads)
        var eventLoops: [any EventLoop] = []
        for eventLoop in group.makeIterator() { eventLoops.append(eventLoop) }
        var loops: [NIOLoopBound<RelayLoop>] = []
        for eventLoop in eventLoops {
            let loop = try await eventLoop.submit {
                NIOLoopBound(
                    RelayLoop(eventLoop: eventLoop, configuration: configuration, shared: shared), eventLoop: eventLoop)
            }.get()
            loops.append(loop)
        }
        do {
            let listener = try await DownstreamListener(
                loops: loops, group: group, eventLoops: eventLoops, tls: serverTLS
            )
            .listen(host: settings.host, port: settings.port)
            let gateway = Gateway(group: group, loops: loops, listener: listener, settings: settings)
            // One loop dials ahead, so that an upstream that is down is known before the first call.
            if let first = loops.first { eventLoops[0].execute { first.value.warm() } }
            return gateway
        } catch {
            try? await group.shutdownGracefully()
            throw FlightProblem("cannot listen on \(settings.host):\(settings.port): \(FlightProblem.describe(error))")
        }
    }

    /// Stops in order: no new connections, two GOAWAYs, time for open calls to end; then UNAVAILABLE for those that still
    /// run, then the end.
    package func drain() async {
        try? await listener.close().get()
        let downstream = settings.limits.downstream
        let drained = loops.map(whenDrained)
        let all = EventLoopFuture.andAllComplete(drained, on: group.next())
        let grace = group.next().scheduleTask(in: downstream.drainGrace) { [loops] in
            for loop in loops { loop.execute { $0.endCalls() } }
        }
        let hardStop = group.next().scheduleTask(in: downstream.drainHardStop) { [loops] in
            for loop in loops { loop.execute { $0.close() } }
        }
        try? await all.get()
        grace.cancel()
        hardStop.cancel()
        for loop in loops { loop.execute { $0.close() } }
        try? await group.shutdownGracefully()
    }

    private func whenDrained(_ loop: NIOLoopBound<RelayLoop>) -> EventLoopFuture<Void> {
        let promise = loop.eventLoop.makePromise(of: Void.self)
        loop.execute { $0.drain { promise.succeed() } }
        return promise.futureResult
    }
}

extension NIOLoopBound where Value == RelayLoop {
    /// Runs something on the loop that the value belongs to.
    fileprivate func execute(_ body: @escaping @Sendable (RelayLoop) -> Void) {
        eventLoop.execute { body(value) }
    }
}
