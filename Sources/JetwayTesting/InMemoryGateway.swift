internal import FlightProtocol
internal import Jetway
public import JetwayCore
internal import JetwayHTTP2
internal import JetwayRelay
internal import Logging
internal import NIOCore
internal import NIOPosix

/// A whole gateway inside a test: real HTTP/2, the real relay, the pipeline with your middleware; no port, no certificate, no
/// server. Calls go in at one end, and a closure answers them at the other.
///
/// ```swift
/// let gateway = try await InMemoryGateway { RequireTeam() } upstream: { _ in TestResponse() }
/// let response = try await gateway.call(TestRequest(.listFlights))
/// #expect(response.status == .invalidArgument)
/// #expect(gateway.upstreamRequests.isEmpty)
/// await gateway.close()
/// ```
public final class InMemoryGateway: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let loop: any EventLoop
    private let relay: NIOLoopBound<RelayLoop>
    private let client: NIOLoopBound<TestClient>
    private let stub: NIOLoopBound<UpstreamStub>
    private let record: @Sendable () -> UpstreamStub.Record

    /// - Parameters:
    ///   - principal: who calls; nil: authentication has found nobody.
    ///   - middleware: yours, each at its place among the built-in stages.
    ///   - upstream: answers the calls that come through.
    public init(
        principal: Principal? = nil, @MiddlewareBuilder middleware: () -> [PlacedMiddleware],
        upstream: @escaping @Sendable (TestRequest) async -> TestResponse
    ) async throws {
        let middleware = middleware()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        self.group = group
        self.loop = loop
        let parts = try await loop.submit {
            try Parts(on: loop, principal: principal, middleware: middleware, upstream: upstream)
        }.get()
        relay = parts.relay
        client = parts.client
        stub = parts.stub
        record = parts.record
        try await loop.flatSubmit { [relay, client] in
            SocketPair.make(on: loop) { channel in
                try channel.pipeline.syncOperations.addHandler(relay.value.makeConnection(peer: Peer(address: nil)))
            } _: { channel in
                let http2 = HTTP2Loop(eventLoop: loop, budget: ByteBudget(limit: 1 << 40))
                try channel.pipeline.syncOperations.addHandler(client.value.makeConnection(http2))
            }
        }.get()
    }

    /// Makes a call and waits for its end. Cancelling the task cancels the call.
    public func call(_ request: TestRequest) async throws -> TestResponse {
        try await start(request, reads: true).value
    }

    /// The requests that reached the upstream, in the order in which they were complete.
    public var upstreamRequests: [TestRequest] { record().requests }

    /// Calls that began at the upstream, and those of them that were cancelled.
    public var upstreamCalls: (begun: Int, cancelled: Int) {
        let record = record()
        return (record.begun, record.cancelled)
    }

    /// Bytes that have left the upstream's end.
    public var bytesSentByUpstream: Int { record().sentBytes }

    /// Begins a call.
    ///
    /// - Parameter reads: false: the client takes nothing in, so that its window closes.
    public func start(_ request: TestRequest, reads: Bool = true) -> Task<TestResponse, any Error> {
        let loop = self.loop
        let client = self.client
        return Task {
            let promise = loop.makePromise(of: TestResponse.self)
            let call = try await loop.submit {
                NIOLoopBound(
                    client.value.start(request, reads: reads) { promise.succeed($0) }, eventLoop: loop)
            }.get()
            return try await withTaskCancellationHandler {
                try await promise.futureResult.get()
            } onCancel: {
                loop.execute { call.value.cancel() }
            }
        }
    }

    /// Ends everything. A gateway that is not closed keeps its thread.
    public func close() async {
        let relay = self.relay
        let client = self.client
        try? await loop.submit {
            client.value.close()
            relay.value.close()
        }.get()
        try? await group.shutdownGracefully()
    }
}

/// What lives on the gateway's loop.
private struct Parts: Sendable {
    let relay: NIOLoopBound<RelayLoop>
    let client: NIOLoopBound<TestClient>
    let stub: NIOLoopBound<UpstreamStub>
    let record: @Sendable () -> UpstreamStub.Record

    init(
        on loop: any EventLoop, principal: Principal?, middleware: [PlacedMiddleware],
        upstream: @escaping UpstreamStub.Service
    ) throws {
        let stub = UpstreamStub(service: upstream, loop: loop)
        let bound = NIOLoopBound(stub, eventLoop: loop)
        let connector = UpstreamConnector(endpoint: try FlightLocation(parsing: "grpc://upstream:1")) {
            connection, loop in
            let connection = NIOLoopBound(connection, eventLoop: loop)
            return SocketPair.make(on: loop) { channel in
                try channel.pipeline.syncOperations.addHandler(connection.value)
            } _: { channel in
                let http2 = HTTP2Loop(eventLoop: loop, budget: ByteBudget(limit: 1 << 40))
                try channel.pipeline.syncOperations.addHandler(
                    HTTP2Connection(role: .server, limits: .downstream, loop: http2, owner: bound.value))
            }
        }
        var logger = Logger(label: "in-memory gateway", factory: { _ in SwiftLogNoOpLogHandler() })
        logger.logLevel = .critical
        let limits = RelayLimits()
        let configuration = RelayConfiguration(
            limits: limits,
            upstreams: [
                UpstreamSettings(name: "upstream", connector: connector, credentials: .passThrough, limits: limits)
            ],
            makePipeline: { loop in
                BuiltInStages.pipeline(
                    on: loop, authentication: GivenPrincipal(principal: principal), accessLog: nil,
                    router: OneRoute("upstream", services: []), middleware: middleware)
            }, logger: logger)
        let shared = RelayShared(limits: limits, loops: 1)
        let relay = RelayLoop(
            eventLoop: loop, configuration: configuration, shared: shared,
            activeCalls: shared.activeCalls(configuration.upstreams))
        self.relay = NIOLoopBound(relay, eventLoop: loop)
        self.client = NIOLoopBound(TestClient(loop: loop), eventLoop: loop)
        self.stub = bound
        let record = stub.recorder
        self.record = { record.value }
    }
}

/// Stands where authentication stands, and says who the test wants the caller to be.
private struct GivenPrincipal: Middleware {
    let principal: Principal?

    func handle(_ call: Call, next: some CallHandler) async throws(Rejection) -> Outcome {
        call.principal = principal
        call.credentials = .passThrough
        return try await next.handle(call)
    }
}
