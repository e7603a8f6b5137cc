import ArrowIPC
import Flight
import FlightProtocol
import NIOCore

/// What our own client saw through the gateway: the flights, and one of them whole.
struct DemoVisit {
    /// The flight that is fetched.
    static let flight = "sales/orders"
    /// A demo that hangs has failed.
    private static let limit = Duration.seconds(20)

    struct Listed {
        let name: String
        let rows: Int64
        let columns: Int
    }

    let flights: [Listed]
    let fetched: Listed
    private(set) var rows: Int64 = 0
    private(set) var batches = 0
    /// Of all record batches and dictionaries.
    private(set) var bytes = 0
    private(set) var milliseconds = ""

    /// Lists the flights and fetches one.
    ///
    /// - Throws: if a call fails, takes too long, or does not give what was announced.
    static func pay(to site: DemoSite) async throws -> DemoVisit {
        let location = site.location
        let tls = try FlightTLS.client(authority: site.certificatePath, insecure: false)
        return try await withThrowingTaskGroup(of: DemoVisit.self) { group in
            group.addTask {
                var settings = FlightClient.Settings()
                settings.tls = tls
                let client = try await FlightClient.connect(to: location, settings)
                let visit = try await DemoVisit(client)
                await client.close()
                return visit
            }
            group.addTask {
                try await Task.sleep(for: limit)
                throw FlightProblem("no answer within \(limit)")
            }
            defer { group.cancelAll() }
            guard let visit = try await group.next() else { throw CancellationError() }
            return visit
        }
    }

    private init(_ client: FlightClient) async throws {
        var flights: [Listed] = []
        for try await info in try await client.listFlights() { flights.append(try Listed(info)) }
        self.flights = flights
        guard let fetched = flights.first(where: { $0.name == Self.flight }) else {
            throw FlightProblem("the flight \(Self.flight) is not listed")
        }
        self.fetched = fetched
        var descriptor = FlightDescriptor()
        descriptor.type = .path
        descriptor.path = Self.flight.split(separator: "/").map(String.init)
        guard let ticket = try await client.getFlightInfo(descriptor).endpoint.first?.ticket else {
            throw FlightProblem("the flight \(Self.flight) has no endpoint")
        }
        try await fetch(ticket, from: client)
        guard rows == fetched.rows else { throw FlightProblem("\(rows) rows arrived, \(fetched.rows) were announced") }
    }

    private mutating func fetch(_ ticket: Ticket, from client: FlightClient) async throws {
        let clock = ContinuousClock()
        let begin = clock.now
        for try await data in try await client.doGet(ticket) {
            bytes += data.body?.readableBytes ?? 0
            guard let head = data.header?.withUnsafeReadableBytes({ MessageHeader.parse($0) }),
                head.kind == .recordBatch
            else { continue }
            batches += 1
            rows += head.rows
        }
        let microseconds = (clock.now - begin) / .microseconds(1)
        milliseconds = "\((microseconds / 100).rounded() / 10)"
    }
}

extension DemoVisit.Listed {
    fileprivate init(_ info: FlightInfo) throws {
        let schema = try ArrowSchema.parse(message: try IPCEncapsulation.unwrap(ByteBuffer(bytes: info.schema)))
        self.init(
            name: info.flightDescriptor.path.joined(separator: "/"), rows: info.totalRecords,
            columns: schema.fields.count)
    }
}
