import Jetway
import JetwayTesting
import Testing

// The samples of Middleware.md, letter by letter: a test over the documentation compares the two. `RequireTeam` is in MiddlewareTests.

enum Customer: CallValueKey { typealias Value = String }

struct NoteCustomer: Middleware {
    func handle(_ call: Call, next: some CallHandler) async throws(Rejection) -> Outcome {
        call.values[Customer.self] = call.principal?.tenant
        return try await next.handle(call)
    }
}

struct TellCustomer: Middleware {
    func handle(_ call: Call, next: some CallHandler) async throws(Rejection) -> Outcome {
        call.addRequestField("x-customer", call.values[Customer.self] ?? "none")
        return try await next.handle(call)
    }
}

struct LimitCommands: Middleware {
    func handle(_ call: Call, next: some CallHandler) async throws(Rejection) -> Outcome {
        _ = try await call.firstMessage(upTo: 4096)
        return try await next.handle(call)
    }
}

struct Closed: Middleware {
    func handle(_ call: Call, next: some CallHandler) async throws(Rejection) -> Outcome {
        await call.answer(LocalAnswer(code: .unavailable, message: "closed until Monday", headers: ["x-closed": "1"]))
    }
}

func makeGateway() -> Gateway {
    Gateway(
        configuration: "jetway.json",
        middleware: {
            NoteCustomer().placed(.after(.authentication))
            LimitCommands().only(for: .getFlightInfo, .getSchema)
            TellCustomer().only(forRoutes: "sales")
        })
}

func runGateway() async throws {
    let gateway = Gateway(
        configuration: "jetway.json",
        middleware: {
            RequireTeam().placed(.after(.authentication))
        })
    try await gateway.run()
}

@Test("a call without a team is refused, and one with a team gets through")
func team() async throws {
    let gateway = try await InMemoryGateway {
        RequireTeam()
    } upstream: { _ in
        TestResponse()
    }
    #expect(try await gateway.call(TestRequest(.listFlights)).status == .invalidArgument)
    #expect(gateway.upstreamRequests.isEmpty)
    let response = try await gateway.call(TestRequest(.listFlights, fields: ["x-team": "blue"]))
    #expect(response.fields.first(name: "x-served-for") == "blue")
    await gateway.close()
}

@Test("it keeps the contract")
func conforms() async throws {
    #expect(try await MiddlewareConformance.problems(of: { RequireTeam() }, with: [("x-team", "blue")]) == [])
}

@Suite("Samples of the article on middleware", .timeLimit(.minutes(1)))
struct MiddlewareSamples {
    @Test("the tenant that one stage notes is told to the upstream by the next")
    func values() async throws {
        let alice = Principal(name: "alice", method: .basic, tenant: "acme")
        let gateway = try await InMemoryGateway(principal: alice) {
            NoteCustomer().placed(.after(.authentication))
            TellCustomer().only(forRoutes: "upstream")
        } upstream: { _ in
            TestResponse()
        }
        _ = try await gateway.call(TestRequest(.doGet))
        #expect(gateway.upstreamRequests.first?.fields.first(name: "x-customer") == "acme")
        await gateway.close()
    }

    @Test("a closed gateway says until when")
    func closed() async throws {
        let gateway = try await InMemoryGateway {
            Closed()
        } upstream: { _ in
            TestResponse()
        }
        let response = try await gateway.call(TestRequest(.doGet))
        #expect(response.status == .unavailable)
        #expect(response.message == "closed until Monday")
        #expect(response.fields.first(name: "x-closed") == "1")
        #expect(gateway.upstreamCalls.begun == 0)
        await gateway.close()
    }

    @Test("a command that is too long is refused", arguments: [(4096, GRPCCode.ok), (4097, .resourceExhausted)])
    func longCommands(bytes: Int, status: GRPCCode) async throws {
        let gateway = try await InMemoryGateway {
            LimitCommands()
        } upstream: { _ in
            TestResponse()
        }
        let request = TestRequest(.getFlightInfo, messages: [ByteBuffer(repeating: 1, count: bytes)])
        #expect(try await gateway.call(request).status == status)
        await gateway.close()
    }
}
