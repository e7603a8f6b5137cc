import Flight
import FlightProtocol
import NIOCore
import NIOHPACK
import Synchronization
import Testing

/// Calls between a server and a client of ours that go well.
@Suite(.timeLimit(.minutes(1)))
struct CallTests {
    @Test("A unary call brings its message, and its answer comes back")
    func unary() async throws {
        let seen = Mutex<FlightContext?>(nil)
        var service = TestService()
        service.info = { descriptor, context in
            seen.withLock { $0 = context }
            var info = FlightInfo()
            info.flightDescriptor = descriptor
            info.totalRecords = 7
            return info
        }
        try await withServer(service) { _, client in
            let info = try await client.getFlightInfo(.path("a", "b"))
            #expect(info.flightDescriptor == .path("a", "b"))
            #expect(info.totalRecords == 7)
        }
        let context = try #require(seen.withLock { $0 })
        #expect(context.headers.first(name: "content-type") == "application/grpc")
        #expect(context.headers.first(name: "te") == "trailers")
        #expect(context.peer?.ipAddress == "127.0.0.1")
        #expect(context.deadline == nil)
    }

    @Test("A stream of answers ends behind the last one, also if there is none", arguments: [0, 1, 1000])
    func answers(_ count: Int) async throws {
        var service = TestService()
        service.list = { criteria, flights in
            for number in 0..<count {
                var info = FlightInfo()
                info.totalRecords = Int64(number)
                info.appMetadata = criteria.expression
                try await flights.write(info)
            }
        }
        try await withServer(service) { _, client in
            var criteria = Criteria()
            criteria.expression.append(contentsOf: [1, 2])
            let infos = try await client.listFlights(criteria).all()
            #expect(infos.map(\.totalRecords) == (0..<Int64(count)).map(\.self))
            #expect(infos.allSatisfy { $0.appMetadata == criteria.expression })
        }
    }

    /// Bodies of many sizes, larger than the windows among them.
    private static let data: [FlightData] = [0, 1, 5, 16_384, 65_535, 300_000, 3 << 20, 7].enumerated().map {
        FlightData(
            header: ByteBuffer(string: "head \($0)"), metadata: $0 % 2 == 0 ? nil : ByteBuffer(string: "m"),
            body: ByteBuffer(repeating: UInt8($0), count: $1))
    }

    @Test("Data of all sizes arrives as it was sent")
    func data() async throws {
        var service = TestService()
        service.get = { ticket, data in
            for message in Self.data { try await data.write(message) }
        }
        try await withServer(service) { _, client in
            let messages = try await client.doGet(Ticket("t")).all()
            #expect(messages == Self.data)
        }
    }

    @Test("A body that is written in pieces arrives whole", arguments: [0, 1, 100_000, 2_500_000])
    func pieces(_ length: Int) async throws {
        var service = TestService()
        service.get = { _, data in
            let head = FlightData(header: ByteBuffer(string: "h"))
            try await data.write(head, bodyLength: length) { missing in
                ByteBuffer(repeating: UInt8(truncatingIfNeeded: missing), count: min(missing, 70_000))
            }
            try await data.write(FlightData(metadata: ByteBuffer(string: "behind it")))
        }
        try await withServer(service) { _, client in
            let messages = try await client.doGet(Ticket("t")).all()
            #expect(messages.count == 2)
            #expect(messages.first?.header == ByteBuffer(string: "h"))
            #expect(messages.first?.body?.readableBytes == length)
            if length > 0 {
                #expect(messages.first?.body?.readableBytesView.first == UInt8(truncatingIfNeeded: length))
            }
            #expect(messages.last?.metadata == ByteBuffer(string: "behind it"))
        }
    }

    @Test("A body whose pieces are not as long as was said ends the call", arguments: [[0], [11], [4, 0], [4, 7]])
    func wrongPieces(_ pieces: [Int]) async throws {
        var service = TestService()
        service.get = { _, data in
            var rest = pieces[...]
            try await data.write(FlightData(), bodyLength: 10) { _ in
                ByteBuffer(repeating: 0, count: rest.popFirst() ?? 0)
            }
        }
        try await withServer(service) { _, client in
            let reader = try await client.doGet(Ticket("t"))
            await #expect(throws: FlightError(.internal, "a body is not as long as was said")) {
                try await reader.next()
            }
        }
    }

    @Test("Both sides of an exchange write and read in turns, for as long as the client likes")
    func exchange() async throws {
        try await withServer(TestService()) { _, client in
            let exchange = try await client.doExchange()
            for message in Self.data {
                try await exchange.write(message)
                #expect(try await exchange.incoming.next() == message)
            }
            exchange.finishWriting()
            #expect(try await exchange.incoming.next() == nil)
            #expect(try await exchange.incoming.next() == nil)
        }
    }

    @Test("A server may write before it reads, and a client may be done before the server is")
    func serverFirst() async throws {
        var service = TestService()
        let finished = Event()
        service.put = { data, results in
            var result = PutResult()
            result.appMetadata.append(contentsOf: [1])
            try await results.write(result)
            let count = try await data.all().count
            await finished.wait()
            result.appMetadata.append(contentsOf: [UInt8(count)])
            try await results.write(result)
        }
        try await withServer(service) { _, client in
            let upload = try await client.doPut()
            #expect(try await upload.incoming.next()?.appMetadata.count == 1)
            for message in Self.data { try await upload.write(message) }
            upload.finishWriting()
            finished.happen()
            #expect(try await upload.incoming.next().map { Array($0.appMetadata) } == [1, UInt8(Self.data.count)])
            #expect(try await upload.incoming.next() == nil)
        }
    }

    @Test("More calls than a connection takes at once are all answered")
    func manyCalls() async throws {
        try await withServer(TestService()) { server, client in
            try await withThrowingTaskGroup(of: FlightInfo.self) { group in
                for number in 0..<300 { group.addTask { try await client.getFlightInfo(.path("\(number)")) } }
                var names: Set<String> = []
                for try await info in group { names.formUnion(info.flightDescriptor.path) }
                #expect(names.count == 300)
            }
        }
    }
}
