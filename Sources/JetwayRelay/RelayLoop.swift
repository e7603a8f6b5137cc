internal import FlightProtocol
package import JetwayCore
package import JetwayHTTP2
package import Logging
package import NIOCore

/// What every loop gets at the start: the whole configuration of the relay as one immutable value.
package struct RelayConfiguration: Sendable {
    package var limits: RelayLimits
    package var upstreams: [UpstreamConnector]
    package var pipeline: any CallHandler
    package var logger: Logger
    /// Called on each event loop a while after connections of it have ended or streams have stalled. Must not block.
    package var returnFreeMemory: @Sendable () -> Void

    package init(
        limits: RelayLimits, upstreams: [UpstreamConnector], pipeline: any CallHandler, logger: Logger,
        returnFreeMemory: @escaping @Sendable () -> Void = {}
    ) {
        self.limits = limits
        self.upstreams = upstreams
        self.pipeline = pipeline
        self.logger = logger
        self.returnFreeMemory = returnFreeMemory
    }
}

/// What the loops of one gateway share: counts and budgets, nothing on a call's path but leases of them.
package final class RelayShared: Sendable {
    package let budget: ByteBudget
    let activeCalls: [SharedCount]
    let admission: ConnectionAdmission

    package init(configuration: RelayConfiguration, loops: Int) {
        budget = ByteBudget(limit: configuration.limits.retainedMemory)
        activeCalls = configuration.upstreams.map { _ in
            SharedCount(limit: configuration.limits.activeCalls, loops: loops)
        }
        admission = ConnectionAdmission(
            limit: configuration.limits.connections, perAddress: configuration.limits.connectionsPerAddress)
    }
}

/// Everything of the relay that lives on one event loop: its connections to both sides, its timers, its executor.
package final class RelayLoop {
    package let eventLoop: any EventLoop
    let http2: HTTP2Loop
    let executor: LoopExecutor
    let pipeline: any CallHandler
    let limits: RelayLimits
    let logger: Logger
    let logsCalls: Bool
    let shared: RelayShared
    private var pools: [UpstreamPool] = []
    private var downstreams: [ObjectIdentifier: DownstreamConnection] = [:]
    private let returnFreeMemory: @Sendable () -> Void
    private var memoryTimer: LoopTimer?
    private var isDraining = false
    private var whenEmpty: (() -> Void)?

    package init(eventLoop: any EventLoop, configuration: RelayConfiguration, shared: RelayShared) {
        self.eventLoop = eventLoop
        self.http2 = HTTP2Loop(eventLoop: eventLoop, budget: shared.budget)
        self.executor = LoopExecutor(loop: eventLoop)
        self.pipeline = configuration.pipeline
        self.limits = configuration.limits
        self.logger = configuration.logger
        self.logsCalls = configuration.logger.logLevel <= .debug
        self.shared = shared
        self.returnFreeMemory = configuration.returnFreeMemory
        self.pools = zip(configuration.upstreams, shared.activeCalls).map { connector, count in
            UpstreamPool(connector: connector, loop: self, limits: configuration.limits, activeCalls: count)
        }
        http2.whenSettled = { [weak self] in self?.returnMemorySoon() }
    }

    func pool(for target: Target) -> UpstreamPool? {
        pools.indices.contains(target.upstream) ? pools[target.upstream] : nil
    }

    /// Dials the upstreams before the first call.
    package func warm() {
        for pool in pools { pool.warm() }
    }

    func log(_ outcome: Outcome, path: RPCPath) {
        logger.debug(
            "call finished",
            metadata: [
                "method": "\(path.description)", "status": "\(outcome.status.map { "\($0)" } ?? "none")",
                "ended-by": "\(outcome.endedBy.rawValue)", "reason": "\(outcome.reason ?? "")",
                "bytes-in": "\(outcome.request.bytes)", "bytes-out": "\(outcome.response.bytes)",
                "rows-in": "\(outcome.request.rows)", "rows-out": "\(outcome.response.rows)",
                "us": "\(outcome.duration.nanoseconds / 1000)",
            ])
    }

    // MARK: Downstream connections

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
        for pool in pools { pool.close(immediately: true) }
    }
}

@available(*, unavailable)
extension RelayLoop: Sendable {}
