import FlightProtocol
import InMemoryLogging
import JetwayHTTP2
import Logging
import NIOCore
import Synchronization
import Testing

@testable import Flight

/// Calls that end otherwise than OK.
@Suite(.timeLimit(.minutes(1)))
struct CallProblemTests {
    private struct Secret: Error {}

    @Test(
        "The code and the text of an error arrive as the service threw them",
        arguments: GRPCCode.allCases.filter { $0 != .ok && $0 != .internal })
    func codes(_ code: GRPCCode) async throws {
        let error = FlightError(code, "100 % sure\nof «this»")
        var service = TestService()
        service.info = { _, _ in throw error }
        service.get = { _, _ in throw error }
        try await withServer(service) { _, client in
            await #expect(throws: error) { try await client.getFlightInfo(.path("a")) }
            await #expect(throws: error) { try await client.doGet(Ticket("a")).next() }
        }
    }

    @Test("Of an error that is not meant for the client it is told INTERNAL and nothing else; the log has the rest")
    func hidden() async throws {
        var service = TestService()
        service.info = { _, _ in throw Secret() }
        service.get = { _, _ in throw CancellationError() }
        let log = InMemoryLogHandler()
        try await withServer(service, configure: { $0.logger = Logger(label: "test") { _ in log } }) { _, client in
            await #expect(throws: FlightError(.internal, "the server failed")) {
                try await client.getFlightInfo(.path("a"))
            }
            await #expect(throws: FlightError(.cancelled, "the call was cancelled")) {
                try await client.doGet(Ticket("a")).next()
            }
        }
        let entries = log.entries
        #expect(entries.map(\.message) == ["call failed"])
        #expect(entries.first?.metadata == ["rpc": "GetFlightInfo", "error": "Secret()"])
    }

    @Test("Messages that were sent before an error arrive before it")
    func messagesBefore() async throws {
        var service = TestService()
        service.get = { _, data in
            for _ in 0..<3 { try await data.write(FlightData(body: ByteBuffer(repeating: 1, count: 400_000))) }
            throw FlightError(.dataLoss, "no more")
        }
        try await withServer(service) { _, client in
            let reader = try await client.doGet(Ticket("a"))
            for _ in 0..<3 { #expect(try await reader.next()?.body?.readableBytes == 400_000) }
            await #expect(throws: FlightError(.dataLoss, "no more")) { try await reader.next() }
            await #expect(throws: FlightError(.dataLoss, "no more")) { try await reader.next() }
        }
    }

    @Test("What a service leaves out is answered UNIMPLEMENTED", arguments: FlightRPC.allCases)
    func leftOut(_ rpc: FlightRPC) async throws {
        let text =
            rpc == .handshake
            ? "this service asks for no authentication" : "this service does not have \(rpc.method)"
        try await withServer(BareService()) { server, _ in
            let client = try await RawClient.connect(to: server)
            let call = try await client.open(rpc)
            await #expect(throws: FlightError(.unimplemented, text)) { try await call.answer(to: framed([])) }
        }
    }

    // MARK: Requests that are wrong

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var rpc = FlightRPC.getFlightInfo
        var fields: [(String, String)] = []
        var bytes = framed([])
        let error: FlightError
    }

    static let cases = [
        Case(
            testDescription: "two messages", bytes: framed([]) + framed([]),
            error: FlightError(.invalidArgument, "the call takes one message and has more")),
        Case(
            testDescription: "two messages to a stream of answers", rpc: .doGet, bytes: framed([]) + framed([1]),
            error: FlightError(.invalidArgument, "the call takes one message and has more")),
        Case(
            testDescription: "no message", bytes: [],
            error: FlightError(.invalidArgument, "the call needs one message and has none")),
        Case(
            testDescription: "a cut message", bytes: Array(framed([8, 1]).dropLast()),
            error: FlightError(.invalidArgument, "the request ended inside a message")),
        Case(
            testDescription: "a cut prefix", rpc: .doExchange, bytes: [0, 0],
            error: FlightError(.invalidArgument, "the request ended inside a message")),
        Case(
            testDescription: "no protobuf", bytes: framed([0xff]),
            error: FlightError(
                .invalidArgument, "arrow.flight.protocol.FlightDescriptor cannot be read")),
        Case(
            testDescription: "no FlightData", rpc: .doExchange, bytes: framed([0x12, 5]),
            error: FlightError(.invalidArgument, "FlightData cannot be read")),
        Case(
            testDescription: "a compressed message", bytes: framed([], isCompressed: true),
            error: FlightError(.unimplemented, "compressed messages are not supported")),
        Case(
            testDescription: "a message over the limit", rpc: .doExchange,
            bytes: framed([UInt8](repeating: 0, count: 1001)),
            error: FlightError(.resourceExhausted, "a message of 1001 bytes is over the limit of 1000")),
        Case(
            testDescription: "another service", fields: [(":path", "/grpc.health.v1.Health/Check")],
            error: FlightError(.unimplemented, "there is no such method")),
        Case(
            testDescription: "no method of Flight", fields: [(":path", "/arrow.flight.protocol.FlightService/Drop")],
            error: FlightError(.unimplemented, "there is no such method")),
        Case(
            testDescription: "a malformed timeout", fields: [("grpc-timeout", "1 S")],
            error: FlightError(.invalidArgument, "grpc-timeout is malformed")),
        Case(
            testDescription: "too many header fields", fields: (0..<100).map { ("x-\($0)", "") },
            error: FlightError(.resourceExhausted, "the request's header fields are too large")),
        Case(
            testDescription: "no gRPC", fields: [("content-type", "application/json")],
            error: FlightError(.unknown, "the server answered with HTTP status 415")),
        Case(
            testDescription: "no POST", fields: [(":method", "PUT")],
            error: FlightError(.unknown, "the server answered with HTTP status 415")),
    ]

    @Test("A request that is wrong is refused with what is wrong, and the next one is answered", arguments: cases)
    func wrong(_ test: Case) async throws {
        try await withServer(TestService(), configure: { $0.messageLimit = 1000 }) { server, _ in
            let client = try await RawClient.connect(to: server)
            let call = try await client.open(test.rpc, test.fields)
            await #expect(throws: test.error) { try await call.answer(to: test.bytes) }
            let next = try await client.open(.getFlightInfo)
            #expect(try await next.answer(to: framed([])).count == 1)
        }
    }

    @Test("A message at a server's limit passes, also next to one that does not")
    func serverLimit() async throws {
        try await withServer(TestService(), configure: { $0.messageLimit = 1000 }) { server, _ in
            let call = try await RawClient.connect(to: server).open(.doExchange)
            let fits: [UInt8] = [0x12, 0xe5, 0x07] + [UInt8](repeating: 1, count: 997)
            try await call.send([ByteBuffer(bytes: framed(fits) + framed(fits + [0]))])
            #expect(try await call.receive()?.readableBytes == 1000)
            await #expect(throws: FlightError(.resourceExhausted, "a message of 1001 bytes is over the limit of 1000"))
            {
                try await call.receive()
            }
        }
    }

    @Test("An answer over the client's limit ends the call at both ends, and no other")
    func clientLimit() async throws {
        let cancelled = Event()
        var service = TestService()
        service.get = { ticket, data in
            try await data.write(FlightData(body: ByteBuffer(repeating: 0, count: 2000)))
            await Event().wait()
            cancelled.happen()
        }
        var settings = FlightClient.Settings()
        settings.messageLimit = 1000
        try await withServer(service, client: settings) { _, client in
            let reader = try await client.doGet(Ticket("t"))
            await #expect(throws: FlightError(.resourceExhausted, "a message of 2004 bytes is over the limit of 1000"))
            {
                try await reader.next()
            }
            await cancelled.wait()
            #expect(try await client.getFlightInfo(.path("a")).flightDescriptor == .path("a"))
        }
    }

    // MARK: Use that is wrong

    @Test("Nothing can be written to a call that the server has ended")
    func writeBehindEnd() async throws {
        var service = TestService()
        service.put = { data, _ in _ = try await data.next() }
        try await withServer(service) { _, client in
            let upload = try await client.doPut()
            try await upload.write(FlightData())
            #expect(try await upload.incoming.next() == nil)
            let problem = FlightError(
                .failedPrecondition, "the call has ended; nothing more can be written to it")
            await #expect(throws: problem) {
                while true { try await upload.write(FlightData(body: ByteBuffer(repeating: 0, count: 100_000))) }
            }
        }
    }

    @Test("Of two tasks that read one stream the second is told so, and the first goes on")
    func twoReaders() async throws {
        try await withServer(TestService()) { _, client in
            let exchange = try await client.doExchange()
            let message = FlightData(metadata: ByteBuffer(string: "m"))
            await withTaskGroup(of: Result<FlightData?, any Error>.self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        do { return .success(try await exchange.incoming.next()) } catch { return .failure(error) }
                    }
                }
                let refused = await group.next()
                #expect(throws: FlightError(.internal, "two tasks read one stream")) { try refused?.get() }
                try? await exchange.write(message)
                let read = await group.next()
                #expect((try? read?.get()) == message)
            }
        }
    }
}
