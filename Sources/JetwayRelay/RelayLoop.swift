internal import FlightProtocol
package import JetwayCore
package import JetwayHTTP2
package import Logging
package import NIOCore

/// What every loop gets at the start and at each change: the whole configuration of the relay as one immutable value.
package struct RelayConfiguration: Sendable {
    package var limits: RelayLimits
    package var upstreams: [UpstreamSettings]
    package var listeners: [ListenerSettings]
    /// Makes the pipeline of one event loop.
    package var makePipeline: @Sendable (any EventLoop) -> Pipeline
    package var logger: Logger
    /// Called on each event loop a while after connections of it have ended or streams have stalled. Must not block.
    package var returnFreeMemory: @Sendable () -> Void

    package init(
        limits: RelayLimits, upstreams: [UpstreamSettings], listeners: [ListenerSettings] = [],
        makePipeline: @escaping @Sendable (any EventLoop) -> Pipeline, logger: Logger,
        returnFreeMemory: @escaping @Sendable () -> Void = {}
    ) {
        self.limits = limits
        self.upstreams = upstreams
        self.listeners = listeners
        self.makePipeline = makePipeline
        self.logger = logger
        self.returnFreeMemory = returnFreeMemory
    }
}

/// What the loops of one gateway share, for as long as it runs: counts and budgets, nothing on a call's path but leases of them.
package final class RelayShared: Sendable {
    package let budget: ByteBudget
    let admission: ConnectionAdmission
    private let loops: Int

    package init(limits: RelayLimits, loops: Int) {
        budget = ByteBudget(limit: limits.retainedMemory)
        admission = ConnectionAdmission(limit: limits.connections, perAddress: limits.connectionsPerAddress)
        self.loops = loops
    }

    /// The counts of calls at each upstream, for the loops of one configuration to share.
    package func activeCalls(_ upstreams: [UpstreamSettings]) -> [SharedCount] {
        upstreams.map { SharedCount(limit: $0.limits.activeCalls, loops: loops) }
    }
}

/// One configuration as one event loop has it. A call keeps the one that it began with.
final class RelaySnapshot {
    let limits: RelayLimits
    let pipeline: Pipeline
    let pools: [UpstreamPool]
    let listeners: [ListenerSettings]

    init(limits: RelayLimits, pipeline: Pipeline, pools: [UpstreamPool], listeners: [ListenerSettings]) {
        self.limits = limits
        self.pipeline = pipeline
        self.pools = pools
        self.listeners = listeners
    }

    func pool(for target: Target) -> UpstreamPool? {
        pools.indices.contains(target.upstream) ? pools[target.upstream] : nil
    }

    func listener(_ address: String) -> ListenerSettings? {
        listeners.first { $0.address == address }
    }
}

/// Everything of the relay that lives on one event loop: its connections to both sides, its timers, its executor.
package final class RelayLoop {
    package let eventLoop: any EventLoop
    let http2: HTTP2Loop
    let executor: LoopExecutor
    let logger: Logger
    let shared: RelayShared
    private(set) var snapshot = RelaySnapshot(
        limits: RelayLimits(), pipeline: Pipeline(Relaying()), pools: [], listeners: [])
    private var downstreams: [ObjectIdentifier: DownstreamConnection] = [:]
    private let returnFreeMemory: @Sendable () -> Void
    private var memoryTimer: LoopTimer?
    private var isDraining = false
    private var whenEmpty: (() -> Void)?

    var limits: RelayLimits { snapshot.limits }
    /// False once it drains: what a listener has just taken comes too late.
    var takesConnections: Bool { !isDraining }

    package init(
        eventLoop: any EventLoop, configuration: RelayConfiguration, shared: RelayShared, activeCalls: [SharedCount]
    ) {
        self.eventLoop = eventLoop
        self.http2 = HTTP2Loop(eventLoop: eventLoop, budget: shared.budget)
        self.executor = LoopExecutor(loop: eventLoop)
        self.logger = configuration.logger
        self.shared = shared
        self.returnFreeMemory = configuration.returnFreeMemory
        http2.whenSettled = { [weak self] in self?.returnMemorySoon() }
        apply(configuration, activeCalls: activeCalls)
    }

    /// Takes a configuration for all calls that begin from now on. Upstreams that did not change keep their connections;
    /// those of the others end with their last call.
    package func apply(_ configuration: RelayConfiguration, activeCalls: [SharedCount]) {
        var left = snapshot.pools
        let pools = zip(configuration.upstreams, activeCalls).map { settings, count in
            if let index = left.firstIndex(where: { !$0.fingerprint.isEmpty && $0.fingerprint == settings.fingerprint })
            {
                return left.remove(at: index)
            }
            return UpstreamPool(settings: settings, loop: self, activeCalls: count)
        }
        snapshot = RelaySnapshot(
            limits: configuration.limits, pipeline: configuration.makePipeline(eventLoop), pools: pools,
            listeners: configuration.listeners)
        for pool in left { pool.close(immediately: false) }
    }

    /// Dials the upstreams before the first call.
    package func warm() {
        for pool in snapshot.pools { pool.warm() }
    }

    // MARK: Downstream connections

    /// The gateway's end of a connection that no listener took, for channels that are made elsewhere.
    package func makeConnection(peer: Peer) -> HTTP2Connection {
        DownstreamConnection(loop: self, peer: peer).makeConnection()
    }

    func add(_ connection: DownstreamConnection) {
        downstreams[ObjectIdentifier(connection)] = connection
        if isDraining { connection.drain() }
    }

    func remove(_ connection: DownstreamConnection) {
        downstreams[ObjectIdentifier(connection)] = nil
        returnMemorySoon()
        if downstreams.isEmpty, let whenEmpty {
            self.whenEmpty = nil
            whenEmpty()
        }
    }

    /// Connections have ended, or streams have stalled: what was freed should not stay with the process.
    private func returnMemorySoon() {
        let timer = memoryTimer ?? LoopTimer(on: http2.timers) { [weak self] in self?.returnMemory() }
        memoryTimer = timer
        timer.bringForward(to: .now() + .seconds(1))
    }

    private func returnMemory() {
        http2.buffers.drain()
        returnFreeMemory()
    }

    /// Asks the client connections of one listener to end with their last call.
    package func drain(listener address: String) {
        for connection in downstreams.values where connection.listener == address { connection.drain() }
    }

    /// Asks every client connection to end with its last call. `completion` is called when none is left.
    package func drain(completion: @escaping () -> Void) {
        isDraining = true
        for connection in downstreams.values { connection.drain() }
        if downstreams.isEmpty { completion() } else { whenEmpty = completion }
    }

    /// The grace time is over: what still runs ends with UNAVAILABLE.
    package func endCalls() {
        for connection in downstreams.values { connection.endCalls() }
    }

    /// Closes everything at once.
    package func close() {
        for connection in downstreams.values { connection.close() }
        for pool in snapshot.pools { pool.close(immediately: true) }
    }
}

@available(*, unavailable)
extension RelayLoop: Sendable {}
