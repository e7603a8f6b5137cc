internal import Flight
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle

/// Where operators look: plain HTTP/1.1 on an address and a thread of its own, so that it answers when the data path is busy.
///
/// It only reads, and shows no secrets.
final class AdminListener: Sendable {
    /// Of all admin listeners of the process, and as long as it lives: what the server leaves behind may still need its loop after
    /// the end, and a loop that is no more cannot take it.
    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    /// Scrapers and probes are few; more wait in the backlog.
    private static let maximumConnections = 64
    private static let idleTimeout = TimeAmount.seconds(30)

    /// `HOST:PORT`, with the port that was taken.
    let address: String
    private let connections: AdminConnections
    private let services: ServiceGroup
    private let task: Task<Void, Never>

    private init(
        address: String, connections: AdminConnections, services: ServiceGroup, task: Task<Void, Never>
    ) {
        self.address = address
        self.connections = connections
        self.services = services
        self.task = task
    }

    /// Starts to answer.
    ///
    /// - Parameters:
    ///   - port: 0 takes any free port.
    ///   - readiness: whether calls are taken.
    ///   - keySet: the JWK set of the keys that sign identities (RFC 7517), as JSON; nil: there are none.
    /// - Throws: `FlightProblem` if the address cannot be listened on.
    static func start(
        host: String, port: Int, registry: MetricsRegistry, readiness: @escaping @Sendable () -> Bool,
        keySet: @escaping @Sendable () -> String?
    ) async throws -> AdminListener {
        let connections = AdminConnections()
        let (bound, continuation) = AsyncThrowingStream.makeStream(of: Int.self)
        let logger = Logger(label: "jetway.admin") { _ in SwiftLogNoOpLogHandler() }
        let configuration = ApplicationConfiguration(
            address: .hostname(host, port: port),
            availableConnectionsDelegate: MaximumAvailableConnections(maximumConnections, logger: logger))
        let application = Application(
            responder: makeResponder(
                hosts: AdminHosts(listeningOn: host), registry: registry, readiness: readiness, keySet: keySet),
            server: makeServer(connections), configuration: configuration,
            onServerRunning: { continuation.yield($0.localAddress?.port ?? port) },
            eventLoopGroupProvider: .shared(group), logger: logger)
        let services = ServiceGroup(configuration: .init(services: [application], logger: logger))
        let task = Task {
            do {
                try await services.run()
            } catch {
                continuation.finish(throwing: error)
            }
            continuation.finish()
        }
        do {
            for try await port in bound {
                return AdminListener(
                    address: host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)",
                    connections: connections, services: services, task: task)
            }
            throw CancellationError()
        } catch {
            await services.triggerGracefulShutdown()
            await task.value
            throw FlightProblem("admin listener \(host):\(port): \(FlightProblem.describe(error))")
        }
    }

    /// Ends all connections at once.
    func stop() async {
        // Not by cancelling the task: NIO ends the process over a connection that was taken and that nobody gets to handle.
        await services.triggerGracefulShutdown()
        connections.close()
        await task.value
    }

    private static func makeServer(_ connections: AdminConnections) -> HTTPServerBuilder {
        .http1(
            configuration: .init(
                additionalChannelHandlers: [AdminConnections.Handler(connections)], idleTimeout: idleTimeout))
    }

    private static func makeResponder(
        hosts: AdminHosts, registry: MetricsRegistry, readiness: @escaping @Sendable () -> Bool,
        keySet: @escaping @Sendable () -> String?
    ) -> RouterResponder<BasicRequestContext> {
        let router = Router(options: .autoGenerateHeadEndpoints)
        router.middlewares.add(HostCheck(hosts: hosts))
        router.get("/healthz") { _, _ in AdminAnswer("ok\n") }
        router.get("/readyz") { _, _ in
            readiness() ? AdminAnswer("ready\n") : AdminAnswer("not ready\n", status: .serviceUnavailable)
        }
        router.get("/metrics") { _, _ in
            AdminAnswer(registry.prometheusText(), type: PrometheusText.contentType)
        }
        router.get("/.well-known/jwks.json") { _, _ in
            guard let keys = keySet() else { throw HTTPError(.notFound) }
            return AdminAnswer(keys, type: "application/jwk-set+json")
        }
        return router.buildResponder()
    }
}

/// An answer that nobody keeps, and that no browser takes for something else.
private struct AdminAnswer: ResponseGenerator {
    let text: String
    let type: String
    let status: HTTPResponse.Status

    init(_ text: String, type: String = "text/plain; charset=utf-8", status: HTTPResponse.Status = .ok) {
        self.text = text
        self.type = type
        self.status = status
    }

    func response(from request: Request, context: some RequestContext) -> Response {
        Response(
            status: status,
            headers: [.contentType: type, .cacheControl: "no-store", .xContentTypeOptions: "nosniff"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

/// Answers 421 (RFC 9110 section 15.5.20) to requests for other hosts.
private struct HostCheck<Context: RequestContext>: RouterMiddleware {
    let hosts: AdminHosts

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard hosts.allow(request.head.authority) else { throw HTTPError(.misdirectedRequest) }
        return try await next(request, context)
    }
}
