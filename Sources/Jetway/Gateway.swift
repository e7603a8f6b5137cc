internal import FlightProtocol
public import JetwayCore
internal import JetwayRelay
public import Logging
internal import NIOCore
public import ServiceLifecycle

/// A gateway as a part of your own program: by a configuration file like that of `jetway serve`, with middleware of yours.
///
/// ```swift
/// import Jetway
///
/// struct RequireTeam: Middleware {
///     func handle(_ call: Call, next: some CallHandler) async throws(Rejection) -> Outcome {
///         guard let team = call.headers.first(name: "x-team") else {
///             throw Rejection(.invalidArgument, "the field x-team is missing")
///         }
///         call.addResponseField("x-served-for", team)
///         return try await next.handle(call)
///     }
/// }
///
/// let gateway = Gateway(configuration: "jetway.json") {
///     RequireTeam().placed(.after(.authentication))
/// }
/// try await gateway.run()
/// ```
///
/// It is a service of swift-service-lifecycle: in a `ServiceGroup` it drains when the group shuts down gracefully.
public struct Gateway: Service {
    private let file: String
    private let threads: Int
    private let logger: Logger
    private let middleware: [PlacedMiddleware]
    private let started: @Sendable ([String]) -> Void

    /// - Parameters:
    ///   - file: the configuration file. It is followed: see `jetway serve`.
    ///   - threads: event loops, each with a thread of its own; by default one for each core.
    ///   - logger: gets what concerns the operator.
    ///   - middleware: yours, each at its place among the built-in stages.
    ///   - started: is called once connections are taken, with where: `grpc://HOST:PORT` for each listener.
    public init(
        configuration file: String, threads: Int? = nil, logger: Logger = Logger(label: "jetway"),
        @MiddlewareBuilder middleware: () -> [PlacedMiddleware] = { [] },
        started: @escaping @Sendable ([String]) -> Void = { _ in }
    ) {
        self.file = file
        self.threads = max(1, threads ?? System.coreCount)
        self.logger = logger
        self.started = started
        self.middleware = middleware()
    }

    /// Runs until the task is cancelled or its service group shuts down; then calls that run get time to end.
    ///
    /// - Throws: an error whose description has everything that is wrong with the configuration, a line each; or why an
    ///   address cannot be listened on.
    public func run() async throws {
        ProcessLimits.ignoreBrokenPipes()
        ProcessLimits.keepFreedMemory()
        let gateway = try await ConfiguredGateway(
            file: file, limits: ProcessLimits.relayLimits(), threads: threads, logger: logger, middleware: middleware)
        started(gateway.locations.map(\.description))
        await cancelWhenGracefulShutdown { await gateway.followFiles() }
        await gateway.drain()
    }
}
