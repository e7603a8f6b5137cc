import FlightProtocol
import Jetway
import JetwayCore
import JetwayTesting
import NIOCore
import NIOHPACK
import Synchronization
import Testing

/// The example of the documentation: it looks at a field, refuses calls without it, and adds a field to the response.
struct RequireTeam: Middleware {
    func handle(_ call: Call, next: some CallHandler) async throws(Rejection) -> Outcome {
        guard let team = call.headers.first(name: "x-team") else {
            throw Rejection(.invalidArgument, "the field x-team is missing")
        }
        call.addResponseField("x-served-for", team)
        return try await next.handle(call)
    }
}

/// Notes what it sees of a call's three moments.
private struct Diary: Middleware {
    final class Pages: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func add(_ line: String) { lines.withLock { $0.append(line) } }
    }

    let name: String
    let pages: Pages

    func handle(_ call: Call, next: some CallHandler) async throws(Rejection) -> Outcome {
        pages.add("\(name) starts \(call.rpc?.method ?? "other")")
        call.onResponseHead { [name, pages] fields in
            pages.add("\(name) sends headers")
            fields.add(name: "x-diary", value: name)
        }
        do {
            let outcome = try await next.handle(call)
            pages.add("\(name) ends \(outcome.status.map { "\($0)" } ?? "-")")
            return outcome
        } catch {
            pages.add("\(name) is refused \(error.code)")
            throw error
        }
    }
}

private struct Refuse: Middleware {
    func handle(_ call: Call, next: some CallHandler) async throws(Rejection) -> Outcome {
        throw Rejection(.permissionDenied, "no", reason: "only the log learns this")
    }
}

private struct Silent: Middleware {
    func handle(_ call: Call, next: some CallHandler) async throws(Rejection) -> Outcome {
        Outcome(status: .ok, endedBy: .gateway)
    }
}

private struct Twice: Middleware {
    func handle(_ call: Call, next: some CallHandler) async throws(Rejection) -> Outcome {
        _ = try await next.handle(call)
        return try await next.handle(call)
    }
}

private struct Team: CallValueKey { typealias Value = String }

private struct SetTeam: Middleware {
    func handle(_ call: Call, next: some CallHandler) async throws(Rejection) -> Outcome {
        call.values[Team.self] = call.principal?.subject
        return try await next.handle(call)
    }
}

private struct ForwardTeam: Middleware {
    func handle(_ call: Call, next: some CallHandler) async throws(Rejection) -> Outcome {
        call.addRequestField("x-team", call.values[Team.self] ?? "nobody")
        return try await next.handle(call)
    }
}

private struct CountFirstMessage: Middleware {
    let limit: Int

    func handle(_ call: Call, next: some CallHandler) async throws(Rejection) -> Outcome {
        let message = try await call.firstMessage(upTo: limit)
        call.addResponseField("x-bytes", message.map { "\($0.readableBytes)" } ?? "none")
        return try await next.handle(call)
    }
}

/// Lets what the client sends come in first.
private struct Pause: Middleware {
    func handle(_ call: Call, next: some CallHandler) async throws(Rejection) -> Outcome {
        try? await Task.sleep(for: .milliseconds(50))
        return try await next.handle(call)
    }
}

private struct Answering: Middleware {
    func handle(_ call: Call, next: some CallHandler) async throws(Rejection) -> Outcome {
        await call.answer(
            LocalAnswer(
                headers: ["x-from": "gateway"], messages: [ByteBuffer(string: "hello")], trailers: ["x-end": "1"]))
    }
}

@Suite("Middleware in a gateway", .timeLimit(.minutes(2)))
struct MiddlewareTests {
    private func gateway(
        principal: Principal? = nil, @MiddlewareBuilder _ middleware: () -> [PlacedMiddleware]
    ) async throws -> InMemoryGateway {
        try await InMemoryGateway(principal: principal, middleware: middleware) { TestResponse(messages: $0.messages) }
    }

    @Test("the documented example refuses a call without the field, and nothing of it reaches the upstream")
    func refusesWithoutField() async throws {
        let gateway = try await gateway { RequireTeam() }
        let response = try await gateway.call(TestRequest(.listFlights))
        #expect(response.status == .invalidArgument)
        #expect(response.message == "the field x-team is missing")
        #expect(response.trailers.first(name: "x-request-id")?.count == 16)
        #expect(gateway.upstreamCalls.begun == 0)
        await gateway.close()
    }

    @Test("the documented example adds a field to the response's head")
    func addsField() async throws {
        let gateway = try await gateway { RequireTeam() }
        let response = try await gateway.call(TestRequest(.doGet, fields: ["x-team": "blue"]))
        #expect(response.status == .ok)
        #expect(response.fields.first(name: "x-served-for") == "blue")
        #expect(gateway.upstreamRequests.first?.fields.first(name: "x-team") == "blue")
        await gateway.close()
    }

    @Test("the documented example keeps the contract")
    func conforms() async throws {
        #expect(try await MiddlewareConformance.problems(of: { RequireTeam() }, with: [("x-team", "a")]) == [])
    }

    @Test("the three moments of Flight's middleware come in order, outer before inner and back")
    func moments() async throws {
        let pages = Diary.Pages()
        let gateway = try await gateway {
            Diary(name: "inner", pages: pages).placed(.after(.routing))
            Diary(name: "outer", pages: pages).placed(.before(.requestID))
        }
        let response = try await gateway.call(TestRequest(.getFlightInfo))
        #expect(
            pages.all == [
                "outer starts GetFlightInfo", "inner starts GetFlightInfo", "outer sends headers",
                "inner sends headers",
                "inner ends OK", "outer ends OK",
            ])
        #expect(response.fields["x-diary"] == ["outer", "inner"])
        await gateway.close()
    }

    @Test("a refusal passes through the outer stages, with their header fields")
    func refusalPassesOuterStages() async throws {
        let pages = Diary.Pages()
        let gateway = try await gateway {
            Diary(name: "outer", pages: pages).placed(.before(.authentication))
            Refuse()
        }
        let response = try await gateway.call(TestRequest(.doAction))
        #expect(response.status == .permissionDenied)
        #expect(response.message == "no")
        #expect(response.fields.first(name: "x-diary") == "outer")
        #expect(pages.all == ["outer starts DoAction", "outer is refused PERMISSION_DENIED", "outer sends headers"])
        await gateway.close()
    }

    @Test("a middleware for some RPCs is not in the pipelines of others")
    func scopedToRPCs() async throws {
        let gateway = try await gateway { Refuse().only(for: .doPut, .doAction) }
        #expect(try await gateway.call(TestRequest(.doPut)).status == .permissionDenied)
        #expect(try await gateway.call(TestRequest(.doGet)).status == .ok)
        #expect(try await gateway.call(TestRequest(path: "/other.Service/DoPut")).status == .unimplemented)
        await gateway.close()
    }

    @Test(
        "a middleware for some routes is only in theirs",
        arguments: [("upstream", GRPCCode.permissionDenied), ("x", .ok)])
    func scopedToRoutes(route: String, status: GRPCCode) async throws {
        let gateway = try await gateway { Refuse().only(forRoutes: route) }
        #expect(try await gateway.call(TestRequest(.doGet)).status == status)
        await gateway.close()
    }

    @Test("values and the principal reach later stages, and what they add reaches the upstream")
    func valuesAndFields() async throws {
        let alice = Principal(name: "alice", method: .basic)
        let gateway = try await gateway(principal: alice) {
            SetTeam().placed(.after(.authentication))
            ForwardTeam()
        }
        _ = try await gateway.call(TestRequest(.getSchema))
        #expect(gateway.upstreamRequests.first?.fields.first(name: "x-team") == "basic:alice")
        await gateway.close()
    }

    @Test("the first message can be read and is forwarded all the same", arguments: [0, 1, 70_000, 900_000])
    func firstMessage(bytes: Int) async throws {
        let gateway = try await gateway { CountFirstMessage(limit: 1 << 20) }
        let messages = [ByteBuffer(repeating: 9, count: bytes), ByteBuffer(string: "second")]
        let response = try await gateway.call(TestRequest(.doExchange, messages: messages))
        #expect(response.fields.first(name: "x-bytes") == "\(bytes)")
        #expect(response.messages == messages)
        await gateway.close()
    }

    @Test(
        "the first message is read whole, also if it has come in pieces before somebody asks", arguments: [5, 100_000])
    func firstMessageInPieces(bytes: Int) async throws {
        let gateway = try await gateway {
            Pause().placed(.after(.authentication))
            CountFirstMessage(limit: 1 << 20)
            CountFirstMessage(limit: 1 << 20)
        }
        let messages = (0..<3).map { ByteBuffer(repeating: UInt8($0), count: bytes) }
        let response = try await gateway.call(TestRequest(.doExchange, messages: messages))
        #expect(response.fields["x-bytes"] == ["\(bytes)", "\(bytes)"])
        #expect(response.messages == messages)
        await gateway.close()
    }

    @Test("a request without a message has no first message")
    func noFirstMessage() async throws {
        let gateway = try await gateway { CountFirstMessage(limit: 10) }
        #expect(try await gateway.call(TestRequest(.doExchange)).fields.first(name: "x-bytes") == "none")
        await gateway.close()
    }

    @Test("a first message over the limit is refused, and nothing reaches the upstream")
    func firstMessageTooLarge() async throws {
        let gateway = try await gateway { CountFirstMessage(limit: 10) }
        let response = try await gateway.call(TestRequest(.doPut, messages: [ByteBuffer(repeating: 1, count: 11)]))
        #expect(response.status == .resourceExhausted)
        #expect(gateway.upstreamCalls.begun == 0)
        await gateway.close()
    }

    @Test("a stage can answer itself")
    func answers() async throws {
        let gateway = try await gateway { Answering() }
        let response = try await gateway.call(TestRequest(.doAction, messages: [ByteBuffer(string: "x")]))
        #expect(response.status == .ok)
        #expect(response.messages == [ByteBuffer(string: "hello")])
        #expect(response.fields.first(name: "x-from") == "gateway")
        #expect(response.trailers.first(name: "x-end") == "1")
        #expect(gateway.upstreamCalls.begun == 0)
        await gateway.close()
    }

    @Test("a stage that neither goes on nor answers ends the call with INTERNAL")
    func silence() async throws {
        let gateway = try await gateway { Silent() }
        #expect(try await gateway.call(TestRequest(.doGet)).status == .internal)
        await gateway.close()
    }

    @Test("the kit finds a middleware that calls next twice, and the upstream sees the call once all the same")
    func findsTwice() async throws {
        let problems = try await MiddlewareConformance.problems(of: { Twice() })
        #expect(problems.contains("DoGet: next was called 2 times"))
        let gateway = try await gateway { Twice() }
        _ = try await gateway.call(TestRequest(.doAction))
        #expect(gateway.upstreamCalls.begun == 1)
        await gateway.close()
    }

    @Test("the kit finds a middleware that lets nothing through")
    func findsRefusal() async throws {
        let problems = try await MiddlewareConformance.problems(of: { Silent() })
        #expect(problems.contains { $0.hasPrefix("a call does not get through: INTERNAL") })
    }
}
