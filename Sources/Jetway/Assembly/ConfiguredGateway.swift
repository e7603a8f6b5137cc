internal import Flight
package import FlightProtocol
package import JetwayCore
package import JetwayRelay
package import Logging
internal import Synchronization

/// A gateway that runs by a configuration file, and follows it when it changes.
package actor ConfiguredGateway {
    private let file: String
    private let limits: RelayLimits
    private let logger: Logger
    private let assembly: GatewayAssembly
    private let registry: MetricsRegistry
    private let counters: GatewayCounters
    private let gateway: RunningGateway
    private var admin: AdminListener?
    private var current: AssembledGateway
    private let keySet: Shared<String?>
    private let isReady: Shared<Bool>
    private let watch: FileWatch
    private var lastReload: Task<Bool, Never>?

    /// Reads the file, compiles it and starts. When it returns, connections are taken.
    ///
    /// - Parameters:
    ///   - limits: those that hold where the file says nothing.
    ///   - threads: event loops, each with a thread of its own.
    /// - Throws: `ConfigurationProblems`, or `FlightProblem` if an address cannot be listened on.
    package init(
        file: String, limits: RelayLimits, threads: Int, logger: Logger, middleware: [PlacedMiddleware] = []
    ) async throws {
        let registry = MetricsRegistry()
        let counters = GatewayCounters(factory: registry)
        let fetchers = KeyFetchers()
        let assembly = GatewayAssembly(middleware: middleware, logger: logger, counters: counters, fetchers: fetchers)
        do {
            let configuration = try GatewayConfiguration.load(file: file, limits: limits)
            let current = try await assembly.assemble(configuration, keeping: AuthenticationMemory())
            let keySet = Shared(current.keySet)
            let isReady = Shared(true)
            let gateway = try await RunningGateway.start(current.relay, threads: threads)
            do {
                admin = try await Self.open(
                    current.admin, registry: registry, readiness: { isReady.value }, keySet: { keySet.value })
            } catch {
                await gateway.drain()
                throw error
            }
            self.current = current
            self.gateway = gateway
            self.keySet = keySet
            self.isReady = isReady
            watch = FileWatch(files: current.files)
            if configuration.authentication.tokens == nil {
                logger.notice("no key ring is configured: tokens that are given out end with this process")
            }
        } catch {
            await fetchers.shutdown()
            throw error
        }
        self.file = file
        self.limits = limits
        self.logger = logger
        self.assembly = assembly
        self.registry = registry
        self.counters = counters
    }

    /// Where it listens, in the order of the configuration.
    package nonisolated var locations: [FlightLocation] { gateway.locations }
    /// The admin listener's address; nil: there is none.
    package var adminAddress: String? { admin?.address }

    /// Reads the file again and takes it whole, or leaves everything as it was and says why.
    ///
    /// - Returns: whether it was taken.
    @discardableResult
    package func reload() async -> Bool {
        // One after the other: what was read first must not be taken last.
        let previous = lastReload
        let reload = Task {
            _ = await previous?.value
            return await self.takeFile()
        }
        lastReload = reload
        return await reload.value
    }

    private func takeFile() async -> Bool {
        guard isReady.value else { return false }
        let (examined, problems) = GatewayConfiguration.examine(file: file, limits: limits)
        // Also what a file names that cannot be taken is watched: it may come a moment later.
        watch.replace(files: current.files + (examined?.namedFiles ?? []))
        do {
            guard let configuration = examined, problems.isEmpty else { throw ConfigurationProblems(problems) }
            let next = try await assembly.assemble(configuration, keeping: current.memory)
            try await take(next)
            keySet.value = next.keySet
            watch.replace(files: next.files)
            counters.reload(succeeded: true)
            logger.notice("configuration reloaded", metadata: ["file": "\(file)"])
            return true
        } catch {
            counters.reload(succeeded: false)
            let problems = (error as? ConfigurationProblems)?.list.map(\.description) ?? [FlightProblem.describe(error)]
            for problem in problems {
                logger.error("configuration not reloaded; the old one goes on", metadata: ["problem": "\(problem)"])
            }
            return false
        }
    }

    /// Takes a configuration that was compiled: the listeners' addresses first, which may not be had.
    private func take(_ next: AssembledGateway) async throws {
        let moves = next.admin != current.admin
        let opened =
            moves
            ? try await Self.open(
                next.admin, registry: registry, readiness: { [isReady] in isReady.value },
                keySet: { [keySet] in keySet.value })
            : admin
        do {
            try await gateway.apply(next.relay)
        } catch {
            if moves { await opened?.stop() }
            throw error
        }
        current = next
        guard moves else { return }
        let old = admin
        admin = opened
        await old?.stop()
    }

    /// nil: there is to be no admin listener.
    private static func open(
        _ settings: GatewayConfiguration.Admin?, registry: MetricsRegistry, readiness: @escaping @Sendable () -> Bool,
        keySet: @escaping @Sendable () -> String?
    ) async throws -> AdminListener? {
        guard let settings else { return nil }
        return try await AdminListener.start(
            host: settings.host, port: settings.port, registry: registry, readiness: readiness, keySet: keySet)
    }

    /// Reloads whenever a file of the configuration changes, until the task is cancelled.
    package func followFiles() async {
        while await watch.next() != nil { await reload() }
    }

    /// Opens log files anew, which may have been moved away.
    package func reopenLogs() {
        current.accessLog?.reopen()
    }

    /// Stops in order: no new connections, time for open calls to end, then the end.
    package func drain() async {
        isReady.value = false
        await gateway.drain()
        await admin?.stop()
        await assembly.fetchers.shutdown()
    }
}

/// A value that one writes and others read.
private final class Shared<Value: Sendable>: Sendable {
    private let mutex: Mutex<Value>

    init(_ value: Value) {
        mutex = Mutex(value)
    }

    var value: Value {
        get { mutex.withLock { $0 } }
        set { mutex.withLock { $0 = newValue } }
    }
}
