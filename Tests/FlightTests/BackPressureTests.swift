import Flight
import FlightProtocol
import NIOCore
import Testing

/// Who does not read holds up who writes, and nobody else.
@Suite(.timeLimit(.minutes(1)))
struct BackPressureTests {
    private static let message = FlightData(body: ByteBuffer(repeating: 7, count: 64 << 10))
    private static let count = 512
    /// Messages that may be under way to a reader that does not read: its window, and what the writer's side holds.
    private static let most = (3 << 20) >> 16
    /// Messages that are taken in any case; the writer is about to wait then.
    private static let least = (1 << 20) >> 16

    /// Other calls on the same connection: each takes longer than the writing of a message, so that a writer that does not wait
    /// is done after them.
    private static func callOften(_ client: FlightClient) async throws {
        for _ in 0..<count { _ = try await client.getFlightInfo(.path("a")) }
    }

    @Test("A server whose client does not read waits with a few messages under way, and goes on when it reads")
    func download() async throws {
        let written = Counter()
        var service = TestService()
        service.get = { _, data in
            for _ in 0..<Self.count {
                try await data.write(Self.message)
                written.add(1)
            }
        }
        try await withServer(service) { _, client in
            let reader = try await client.doGet(Ticket("t"))
            #expect(try await reader.next() == Self.message)
            await written.wait(for: Self.least)
            try await Self.callOften(client)
            #expect(written.value <= Self.most)
            let rest = try await reader.all()
            #expect(rest.count == Self.count - 1)
            #expect(rest.allSatisfy { $0 == Self.message })
            #expect(written.value == Self.count)
        }
    }

    @Test("A client whose server does not read waits with a few messages under way, and goes on when it reads")
    func upload() async throws {
        let written = Counter()
        let reads = Event()
        var service = TestService()
        service.put = { data, results in
            await reads.wait()
            var result = PutResult()
            for try await message in data where message == Self.message { result.appMetadata.append(1) }
            try await results.write(result)
        }
        try await withServer(service) { _, client in
            let upload = try await client.doPut()
            async let writing: Void = {
                for _ in 0..<Self.count {
                    try await upload.write(Self.message)
                    written.add(1)
                }
                upload.finishWriting()
            }()
            await written.wait(for: Self.least)
            try await Self.callOften(client)
            #expect(written.value <= Self.most)
            reads.happen()
            #expect(try await upload.incoming.next()?.appMetadata.count == Self.count)
            try await writing
        }
    }

    @Test("Small messages that nobody reads are held up like large ones")
    func smallMessages() async throws {
        let written = Counter()
        var service = TestService()
        let small = FlightData(metadata: ByteBuffer(repeating: 1, count: 100))
        service.get = { _, data in
            for _ in 0..<200_000 {
                try await data.write(small)
                written.add(1)
            }
        }
        try await withServer(service) { _, client in
            let reader = try await client.doGet(Ticket("t"))
            #expect(try await reader.next() == small)
            await written.wait(for: (1 << 20) / 107)
            try await Self.callOften(client)
            #expect(written.value <= (3 << 20) / 107)
            var count = 1
            for try await _ in reader { count += 1 }
            #expect(count == 200_000)
        }
    }
}
