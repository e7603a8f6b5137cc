internal import Flight
package import FlightProtocol
internal import JetwayCore
internal import JetwayHTTP2
internal import JetwayRelay
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// A gateway that takes calls: its listeners, its event loops, and what lives on them.
package final class RunningGateway: Sendable {
    private struct Listening: Sendable {
        let settings: ListenerSettings
        let channel: any Channel
    }

    private let group: MultiThreadedEventLoopGroup
    private let loops: [NIOLoopBound<RelayLoop>]
    private let shared: RelayShared
    private let listener: DownstreamListener
    private let listening = Mutex<[Listening]>([])
    private let relay: Mutex<RelayConfiguration>

    private init(
        group: MultiThreadedEventLoopGroup, loops: [NIOLoopBound<RelayLoop>], shared: RelayShared,
        relay: RelayConfiguration
    ) {
        self.group = group
        self.loops = loops
        self.shared = shared
        self.listener = DownstreamListener(loops: loops, group: group)
        self.relay = Mutex(relay)
    }

    /// Where it listens first. There is no gateway without a listener.
    package var location: FlightLocation { locations[0] }

    /// Where it listens: `grpc://HOST:PORT` or `grpc+tls://HOST:PORT`, in the order of the configuration.
    package var locations: [FlightLocation] {
        listening.withLock { listening in
            listening.map { one in
                switch one.settings.endpoint.address {
                case .unixSocket: one.settings.endpoint
                case .host(let host, let port):
                    FlightLocation(
                        host: host, port: one.channel.localAddress?.port ?? port, usesTLS: one.settings.tls != nil)
                }
            }
        }
    }

    /// Starts a gateway. When it returns, connections are taken.
    ///
    /// - Parameter threads: event loops, each with a thread of its own.
    /// - Throws: `FlightProblem`, in words for the operator.
    static func start(_ relay: RelayConfiguration, threads: Int) async throws -> RunningGateway {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        let shared = RelayShared(limits: relay.limits, loops: threads)
        let activeCalls = shared.activeCalls(relay.upstreams)
        var loops: [NIOLoopBound<RelayLoop>] = []
        for eventLoop in group.makeIterator() {
            let loop = try await eventLoop.submit {
                NIOLoopBound(
                    RelayLoop(
                        eventLoop: eventLoop, configuration: relay, shared: shared, activeCalls: activeCalls),
                    eventLoop: eventLoop)
            }.get()
            loops.append(loop)
        }
        let gateway = RunningGateway(group: group, loops: loops, shared: shared, relay: relay)
        do {
            let opened = try await gateway.open(relay.listeners)
            gateway.listening.withLock { $0 = opened }
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
        // One loop dials ahead, so that an upstream that is down is known before the first call.
        loops.first?.execute { $0.warm() }
        return gateway
    }

    /// Takes another configuration for all calls that begin from now on; those that run go on as they began. Event loops and
    /// process-wide limits stay as they were.
    ///
    /// - Throws: `FlightProblem` if a new address cannot be listened on; nothing has changed then.
    func apply(_ relay: RelayConfiguration) async throws {
        let old = listening.withLock { $0 }
        let new = relay.listeners.filter { settings in !old.contains { $0.settings.address == settings.address } }
        let opened = try await open(new)
        let activeCalls = shared.activeCalls(relay.upstreams)
        for loop in loops {
            try await loop.eventLoop.submit { loop.value.apply(relay, activeCalls: activeCalls) }.get()
        }
        let kept = (old + opened).compactMap { one in
            relay.listeners.first { $0.address == one.settings.address }
                .map { Listening(settings: $0, channel: one.channel) }
        }
        listening.withLock { $0 = kept }
        for one in old {
            guard let new = relay.listeners.first(where: { $0.address == one.settings.address }),
                new.trust != one.settings.trust
            else { continue }
            for loop in loops { loop.execute { $0.drain(listener: new.address) } }
        }
        self.relay.withLock { $0 = relay }
        for one in old where !relay.listeners.contains(where: { $0.address == one.settings.address }) {
            try? await one.channel.close().get()
            let address = one.settings.address
            for loop in loops { loop.execute { $0.drain(listener: address) } }
        }
    }

    /// All or none.
    private func open(_ listeners: [ListenerSettings]) async throws -> [Listening] {
        var opened: [Listening] = []
        for settings in listeners {
            do {
                opened.append(Listening(settings: settings, channel: try await listener.listen(settings)))
            } catch {
                for one in opened { try? await one.channel.close().get() }
                throw FlightProblem(
                    "cannot listen on \(settings.address): \(FlightProblem.describe(error))")
            }
        }
        return opened
    }

    /// Stops in order: no new connections, two GOAWAYs, time for open calls to end; then UNAVAILABLE for those that still
    /// run, then the end.
    package func drain() async {
        for one in listening.withLock({ $0 }) { try? await one.channel.close().get() }
        let downstream = relay.withLock { $0.limits.downstream }
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
