internal import FlightProtocol
public import JetwayCore
internal import NIOCore
internal import NIOHPACK
internal import Synchronization

/// Checks that a middleware keeps the contract that every call depends on.
///
/// ```swift
/// let problems = try await MiddlewareConformance.problems(of: { RequireTeam() }, with: ["x-team": "blue"])
/// #expect(problems.isEmpty)
/// ```
public enum MiddlewareConformance {
    /// A response that no window takes at once, in messages and in bytes of each.
    private static let bulk = (messages: 64, bytes: 64 << 10)
    /// What a client that reads nothing may make the gateway take from an upstream, in bytes: the windows and the sockets.
    private static let stalled = 3 << 20

    /// What is wrong with a middleware, as sentences; empty if nothing was found.
    ///
    /// - Parameters:
    ///   - make: a new one of it.
    ///   - fields: what a call needs to get through it.
    public static func problems(
        of make: @Sendable @escaping () -> any Middleware, with fields: [(String, String)] = []
    ) async throws -> [String] {
        var problems: [String] = []
        problems += try await callsNextAtMostOnce(make, fields)
        let blocks = try await changesNoMessages(make, fields)
        problems += blocks
        // What lets no call through has none to cancel or to hold back.
        guard blocks.isEmpty else { return problems }
        problems += try await passesCancellationOn(make, fields)
        problems += try await keepsBackPressure(make, fields)
        return problems
    }

    private static func request(_ rpc: FlightRPC, _ fields: [(String, String)], messages: [ByteBuffer] = [])
        -> TestRequest
    {
        var request = TestRequest(rpc, messages: messages)
        for (name, value) in fields { request.fields.add(name: name, value: value) }
        return request
    }

    /// Every RPC is called once, and must not reach the upstream twice; what is behind `next` runs once.
    private static func callsNextAtMostOnce(
        _ make: @Sendable () -> any Middleware, _ fields: [(String, String)]
    ) async throws -> [String] {
        let counter = Counter()
        let gateway = try await InMemoryGateway {
            PlacedMiddleware.of(make())
            CountingStage(counter: counter).placed(.after(.routing))
        } upstream: { _ in
            TestResponse()
        }
        var problems: [String] = []
        for rpc in FlightRPC.allCases {
            counter.reset()
            _ = try await gateway.call(request(rpc, fields))
            if counter.value > 1 { problems.append("\(rpc.method): next was called \(counter.value) times") }
        }
        await gateway.close()
        return problems
    }

    private static func changesNoMessages(
        _ make: @Sendable () -> any Middleware, _ fields: [(String, String)]
    ) async throws -> [String] {
        let messages = [ByteBuffer(string: "one"), ByteBuffer(), ByteBuffer(repeating: 7, count: 100_000)]
        let gateway = try await InMemoryGateway {
            PlacedMiddleware.of(make())
        } upstream: {
            TestResponse(messages: $0.messages)
        }
        let response = try await gateway.call(request(.doExchange, fields, messages: messages))
        await gateway.close()
        guard response.status == .ok else {
            return ["a call does not get through: \(response.status), \(response.message); give the fields it needs"]
        }
        return response.messages == messages ? [] : ["messages do not come through as they were"]
    }

    /// The client goes away while the upstream thinks: the upstream must hear of it.
    private static func passesCancellationOn(
        _ make: @Sendable () -> any Middleware, _ fields: [(String, String)]
    ) async throws -> [String] {
        let (arrived, arrival) = AsyncStream.makeStream(of: Void.self)
        let gateway = try await InMemoryGateway {
            PlacedMiddleware.of(make())
        } upstream: { _ in
            arrival.yield()
            try? await Task.sleep(for: .seconds(3600))
            return TestResponse()
        }
        let call = gateway.start(request(.doGet, fields))
        for await _ in arrived { break }
        call.cancel()
        _ = try? await call.value
        let isCancelled = await eventually { gateway.upstreamCalls.cancelled == 1 }
        await gateway.close()
        return isCancelled ? [] : ["a call that the client has cancelled goes on at the upstream"]
    }

    /// The client reads nothing: the upstream must be held back.
    private static func keepsBackPressure(
        _ make: @Sendable () -> any Middleware, _ fields: [(String, String)]
    ) async throws -> [String] {
        let message = ByteBuffer(repeating: 1, count: bulk.bytes)
        let gateway = try await InMemoryGateway {
            PlacedMiddleware.of(make())
        } upstream: { _ in
            TestResponse(messages: Array(repeating: message, count: bulk.messages))
        }
        let call = gateway.start(request(.doGet, fields), reads: false)
        _ = await eventually { gateway.bytesSentByUpstream > 0 }
        // It comes to rest once the windows are closed.
        var last = -1
        while last != gateway.bytesSentByUpstream {
            last = gateway.bytesSentByUpstream
            try await Task.sleep(for: .milliseconds(50))
        }
        call.cancel()
        _ = try? await call.value
        await gateway.close()
        return last <= stalled ? [] : ["\(last) bytes were taken from an upstream for a client that reads nothing"]
    }

    /// Whether something becomes true within ten seconds.
    private static func eventually(_ condition: () -> Bool) async -> Bool {
        for _ in 0..<1000 {
            if condition() { return true }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return false
    }
}

private final class Counter: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    func add() { count.withLock { $0 += 1 } }
    func reset() { count.withLock { $0 = 0 } }
}

private struct CountingStage: Middleware {
    let counter: Counter

    func handle(_ call: Call, next: some CallHandler) async throws(Rejection) -> Outcome {
        counter.add()
        return try await next.handle(call)
    }
}
