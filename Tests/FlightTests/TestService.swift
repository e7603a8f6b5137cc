import Flight
import FlightProtocol
import JetwayHTTP2
import Logging
import NIOCore

/// A service that answers as a test wants it to.
struct TestService: FlightService {
    typealias Writer = FlightWriter
    typealias Reader = FlightReader

    var info: @Sendable (FlightDescriptor, FlightContext) async throws -> FlightInfo = { descriptor, _ in
        var info = FlightInfo()
        info.flightDescriptor = descriptor
        return info
    }
    var list: @Sendable (Criteria, Writer<FlightInfo>) async throws -> Void = { _, _ in }
    var get: @Sendable (Ticket, Writer<FlightData>) async throws -> Void = { _, _ in }
    var put: @Sendable (Reader<FlightData>, Writer<PutResult>) async throws -> Void = { _, _ in }
    /// Sends back what comes.
    var exchange: @Sendable (Reader<FlightData>, Writer<FlightData>) async throws -> Void = { data, results in
        for try await message in data { try await results.write(message) }
    }

    func getFlightInfo(_ descriptor: FlightDescriptor, context: FlightContext) async throws -> FlightInfo {
        try await info(descriptor, context)
    }

    func listFlights(_ criteria: Criteria, context: FlightContext, into flights: Writer<FlightInfo>) async throws {
        try await list(criteria, flights)
    }

    func doGet(_ ticket: Ticket, context: FlightContext, into data: Writer<FlightData>) async throws {
        try await get(ticket, data)
    }

    func doPut(_ data: Reader<FlightData>, context: FlightContext, into results: Writer<PutResult>) async throws {
        try await put(data, results)
    }

    func doExchange(_ data: Reader<FlightData>, context: FlightContext, into results: Writer<FlightData>) async throws {
        try await exchange(data, results)
    }
}

/// A service that has nothing.
struct BareService: FlightService {}

let quietLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A server on a free port and a client of it, for as long as `body` runs. Calls that are open then are ended.
func withServer(
    _ service: some FlightService, client: FlightClient.Settings = FlightClient.Settings(),
    configure: (inout FlightServer.Settings) -> Void = { _ in },
    body: (FlightServer, FlightClient) async throws -> Void
) async throws {
    var settings = FlightServer.Settings(host: "127.0.0.1", port: 0, threads: 1, logger: quietLogger)
    settings.limits.drainGrace = .zero
    settings.limits.drainHardStop = .seconds(5)
    configure(&settings)
    let server = try await FlightServer.start(settings, service: service)
    do {
        let client = try await FlightClient.connect(to: server.location, client)
        let result: (any Error)?
        do {
            try await body(server, client)
            result = nil
        } catch {
            result = error
        }
        async let drained: Void = server.drain()
        await client.close()
        await drained
        if let result { throw result }
    }
}

extension FlightDescriptor {
    static func path(_ components: String...) -> FlightDescriptor {
        var descriptor = FlightDescriptor()
        descriptor.type = .path
        descriptor.path = components
        return descriptor
    }

    static func command(_ bytes: some Sequence<UInt8>) -> FlightDescriptor {
        var descriptor = FlightDescriptor()
        descriptor.type = .cmd
        descriptor.cmd.append(contentsOf: Array(bytes))
        return descriptor
    }
}

extension Ticket {
    init(_ text: String) {
        self.init()
        ticket.append(contentsOf: Array(text.utf8))
    }
}

extension FlightReader {
    /// Everything that comes until the end.
    func all() async throws -> [Message] {
        var messages: [Message] = []
        for try await message in self { messages.append(message) }
        return messages
    }
}
