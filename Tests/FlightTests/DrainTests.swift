import FlightProtocol
import JetwayHTTP2
import NIOCore
import Testing

@testable import Flight

/// How a server begins and ends.
@Suite(.timeLimit(.minutes(1)))
struct DrainTests {
    private static func start(
        _ service: some FlightService, grace: TimeAmount = .hours(1), hardStop: TimeAmount = .seconds(30)
    ) async throws -> (FlightServer, FlightClient) {
        var settings = FlightServer.Settings(host: "127.0.0.1", port: 0, threads: 2, logger: quietLogger)
        settings.limits.drainGrace = grace
        settings.limits.drainHardStop = hardStop
        let server = try await FlightServer.start(settings, service: service)
        return (server, try await FlightClient.connect(to: server.location))
    }

    /// Calls until the client has heard that the server goes away.
    private static func callUntilRefused(_ client: FlightClient) async throws -> FlightError {
        do {
            while true { _ = try await client.getFlightInfo(.path("a")) }
        } catch let error as FlightError {
            return error
        }
    }

    @Test("A server without calls ends at once, and nobody can connect then")
    func idle() async throws {
        let (server, client) = try await Self.start(TestService())
        _ = try await client.getFlightInfo(.path("a"))
        await server.drain()
        await client.close()
        let location = server.location
        let problem = await #expect(throws: FlightProblem.self) { _ = try await FlightClient.connect(to: location) }
        #expect(problem?.description.hasPrefix("cannot connect to \(server.location): ") == true)
        #expect(problem?.description.contains("Connection refused") == true)
    }

    @Test("Open calls end in order while a server drains, and new ones are refused UNAVAILABLE")
    func openCalls() async throws {
        let (started, finish) = (Event(), Event())
        var service = TestService()
        service.get = { _, data in
            started.happen()
            await finish.wait()
            for _ in 0..<20 { try await data.write(FlightData(body: ByteBuffer(repeating: 0, count: 100_000))) }
        }
        let (server, client) = try await Self.start(service)
        let reader = try await client.doGet(Ticket("t"))
        await started.wait()
        async let drained: Void = server.drain()
        #expect(try await Self.callUntilRefused(client).code == .unavailable)
        finish.happen()
        #expect(try await reader.all().count == 20)
        await drained
        await client.close()
    }

    @Test("When the time for open calls is over they end UNAVAILABLE, and their tasks are cancelled")
    func grace() async throws {
        let (started, cancelled) = (Event(), Event())
        var service = TestService()
        service.get = { _, data in
            started.happen()
            await Event().wait()
            cancelled.happen()
        }
        let (server, client) = try await Self.start(service, grace: .zero)
        let reader = try await client.doGet(Ticket("t"))
        await started.wait()
        async let drained: Void = server.drain()
        await #expect(throws: FlightError(.unavailable, "the server is shutting down")) { try await reader.next() }
        await cancelled.wait()
        await drained
        await client.close()
    }

    @Test("A client that does not let a call end is closed when that time is over, too")
    func hardStop() async throws {
        var service = TestService()
        service.get = { _, data in
            while true { try await data.write(FlightData(body: ByteBuffer(repeating: 0, count: 100_000))) }
        }
        let (server, client) = try await Self.start(service, grace: .zero, hardStop: .milliseconds(20))
        let reader = try await client.doGet(Ticket("t"))
        #expect(try await reader.next() != nil)
        // Nobody reads, so that the status cannot leave.
        await server.drain()
        let problem = await #expect(throws: FlightError.self) { while try await reader.next() != nil {} }
        #expect(problem?.code == .unavailable)
        await client.close()
    }

    @Test("A server has ended when the tasks of its calls have, what they do elsewhere included")
    func tasks() async throws {
        let started = Event()
        let cleaned = Counter()
        var service = TestService()
        service.get = { _, data in
            started.happen()
            await Event().wait()
            // As a service does that takes back what it began, on a thread of a pool.
            for _ in 0..<100 { await Task.detached { await Task.yield() }.value }
            cleaned.add(1)
        }
        let (server, client) = try await Self.start(service, grace: .zero)
        let reader = try await client.doGet(Ticket("t"))
        await started.wait()
        await server.drain()
        #expect(cleaned.value == 1)
        await #expect(throws: FlightError.self) { try await reader.next() }
        await client.close()
    }

    @Test("A host with several addresses is connected at the one that answers")
    func addresses() async throws {
        let (server, client) = try await Self.start(TestService())
        let location = "\(server.location)".replacing("127.0.0.1", with: "localhost")
        let other = try await FlightClient.connect(to: FlightLocation(parsing: location))
        #expect(try await other.getFlightInfo(.path("a")).flightDescriptor == .path("a"))
        await other.close()
        await client.close()
        await server.drain()
    }

    @Test("A port that is taken is said to be in use")
    func port() async throws {
        let (server, client) = try await Self.start(TestService())
        guard case .host(let host, let port) = server.location.address else {
            Issue.record("no port")
            return
        }
        let settings = FlightServer.Settings(host: host, port: port, threads: 1, logger: quietLogger)
        await #expect(throws: FlightProblem("cannot listen on 127.0.0.1:\(port): the address is in use")) {
            _ = try await FlightServer.start(settings, service: TestService())
        }
        await client.close()
        await server.drain()
    }

    @Test("A client that is closed ends with its last call, and takes no new ones")
    func closedClient() async throws {
        let finish = Event()
        var service = TestService()
        service.get = { _, data in
            await finish.wait()
            try await data.write(FlightData())
        }
        let (server, client) = try await Self.start(service)
        let reader = try await client.doGet(Ticket("t"))
        async let closed: Void = client.close()
        #expect(try await Self.callUntilRefused(client) == FlightError(.unavailable, "the client is closed"))
        finish.happen()
        #expect(try await reader.all() == [FlightData()])
        await closed
        await server.drain()
    }
}
