import ArrowIPC
import FlightProtocol
import Foundation
import JetwayHTTP2
import NIOCore
import TestSupport
import Testing

@testable import Flight

/// The embedded server over a folder, as a client sees it.
@Suite(.timeLimit(.minutes(1)))
struct FolderServiceTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func withFolder(
        isWritable: Bool, memoryLimit: Int = 1 << 20, _ body: (FlightClient) async throws -> Void
    ) async throws {
        let service = FolderService(
            root: folder.path, isWritable: isWritable, memoryLimit: memoryLimit, logger: quietLogger)
        try await withServer(service) { _, client in try await body(client) }
    }

    private func put(_ stream: [UInt8], as descriptor: FlightDescriptor, _ client: FlightClient) async throws {
        let upload = try await client.doPut()
        var messages = try uploaded(stream)
        messages[0].descriptor = descriptor
        for message in messages { try await upload.write(message) }
        upload.finishWriting()
        #expect(try await upload.incoming.all() == [])
    }

    private func status(_ client: FlightClient) async throws -> [String: Any] {
        var action = Action()
        action.type = "status"
        let results = try await client.doAction(action).all()
        return try JSONSerialization.jsonObject(with: results[0].body) as? [String: Any] ?? [:]
    }

    private func drop(_ name: String, _ client: FlightClient) async throws {
        var action = Action()
        action.type = "drop"
        action.body = Data(name.utf8)
        _ = try await client.doAction(action).all()
    }

    // MARK: Files

    @Test("A file is described as its heads say, and what comes of its ticket are its messages as they lie there")
    func file() async throws {
        try folder.write(PyArrowFiles.file, to: "sales/a.arrow")
        try await withFolder(isWritable: false) { client in
            let info = try await client.getFlightInfo(.path("sales", "a"))
            #expect(info.flightDescriptor == .path("sales", "a"))
            #expect(info.totalRecords == 5 && info.totalBytes == 128 && info.ordered)
            let schema = try IPCEncapsulation.unwrap(ByteBuffer(bytes: info.schema))
            #expect(try ArrowSchema.parse(message: schema).description == "a: int64\nb: string")
            #expect(try await client.getSchema(.path("sales", "a")).schema == info.schema)
            let endpoint = try #require(info.endpoint.first)
            #expect(endpoint.location.isEmpty)
            #expect(try await client.doGet(endpoint.ticket).all() == uploaded(PyArrowFiles.stream))
        }
    }

    @Test("Batches of all sizes are sent as they lie in the file, alone and together")
    func largeBatches() async throws {
        let schema = try uploaded(PyArrowFiles.stream)[0]
        let batch = PyArrowHeaders.batch
        let length = try #require(batch.firstRange(of: [56, 0, 0, 0, 0, 0, 0, 0]))
        var expected = [schema]
        var bytes = ByteBuffer()
        IPCEncapsulation.write(metadata: schema.header ?? ByteBuffer(), into: &bytes)
        for size in [8, 100_000, 3_000_000, 0, 272 << 10, 1 << 20, 8] {
            var header = batch
            header.replaceSubrange(length, with: (0..<8).map { UInt8(truncatingIfNeeded: size >> ($0 * 8)) })
            let body = ByteBuffer(bytes: (0..<size).map { UInt8(truncatingIfNeeded: $0 ^ size) })
            IPCEncapsulation.write(metadata: ByteBuffer(bytes: header), into: &bytes)
            bytes.writeImmutableBuffer(body)
            expected.append(FlightData(header: ByteBuffer(bytes: header), body: body))
        }
        try folder.write(Array(bytes.readableBytesView), to: "a.arrows")
        try await withFolder(isWritable: false) { client in
            let read = try await client.doGet(Ticket("a")).all()
            #expect(read.map { $0.body?.readableBytes } == expected.map { $0.body?.readableBytes })
            #expect(read.map(\.body) == expected.map(\.body))
            #expect(read.count == expected.count)
        }
    }

    @Test("Flights are listed by name, those whose names begin as the criteria say")
    func list() async throws {
        for name in ["b", "sales/a", "sales/c"] { try folder.write(PyArrowFiles.file, to: name + ".arrow") }
        try folder.write([1], to: "broken.arrow")
        try await withFolder(isWritable: false) { client in
            try await put(PyArrowFiles.deltaStream, as: .path("sales", "b"), client)
            let all = try await client.listFlights().all()
            #expect(
                all.map { $0.flightDescriptor.path.joined(separator: "/") } == ["b", "sales/a", "sales/b", "sales/c"])
            var criteria = Criteria()
            criteria.expression = Data("sales/".utf8)
            #expect(try await client.listFlights(criteria).all().map(\.totalRecords) == [5, 5, 5])
            let status = try await status(client)
            #expect(status["flights"] as? Int == 4)
            #expect((status["unreadable"] as? [String])?.count == 1)
        }
    }

    // MARK: Uploads

    @Test("An upload is a flight when it is complete, in memory or in the folder", arguments: [false, true])
    func upload(_ isWritable: Bool) async throws {
        try await withFolder(isWritable: isWritable) { client in
            try await put(PyArrowFiles.stream, as: .path("sales", "a"), client)
            #expect(try await client.doGet(Ticket("sales/a")).all() == uploaded(PyArrowFiles.stream))
            try await put(PyArrowFiles.deltaStream, as: .command("sales/a".utf8), client)
            #expect(try await client.doGet(Ticket("sales/a")).all() == uploaded(PyArrowFiles.deltaStream))
            #expect(try folder.contents == (isWritable ? ["sales", "sales/a.arrows"] : []))
            let held = try await status(client)["memoryBytes"] as? Int
            #expect(isWritable ? held == 0 : held ?? 0 > 0)
            try await drop("sales/a", client)
            let missing = FlightError(.notFound, "there is no flight sales/a")
            await #expect(throws: missing) { try await client.getFlightInfo(.path("sales", "a")) }
            await #expect(throws: missing) { try await client.doGet(Ticket("sales/a")).next() }
            await #expect(throws: missing) { try await drop("sales/a", client) }
            #expect(try await status(client)["memoryBytes"] as? Int == 0)
        }
    }

    @Test("An upload that ends early, or is wrong, leaves nothing", arguments: [false, true])
    func brokenUpload(_ isWritable: Bool) async throws {
        let messages = try uploaded(PyArrowFiles.stream)
        var first = messages[0]
        first.descriptor = .path("a")
        let cut = FlightData(header: messages[1].header, body: messages[2].body)
        let uploads: [([FlightData], String)] = [
            ([], "an upload begins with a descriptor"), ([messages[0]], "an upload begins with a descriptor"),
            ([FlightData(descriptor: .path("a"))], "the upload has no schema"),
            ([FlightData(descriptor: .path("a")), messages[1]], "the schema has to come first"),
            ([first, messages[1], messages[0]], "the schema came twice"),
            ([first, cut], "data_body has 16 bytes where its head says 56"),
        ]
        try await withFolder(isWritable: isWritable) { client in
            for (data, text) in uploads {
                let upload = try await client.doPut()
                // The server may have refused what came before.
                for message in data { try? await upload.write(message) }
                upload.finishWriting()
                await #expect(throws: FlightError(.invalidArgument, text)) { try await upload.incoming.all() }
            }
            #expect(try folder.contents == [])
            #expect(try await status(client)["memoryBytes"] as? Int == 0)
            #expect(try await client.listFlights().all() == [])
        }
    }

    @Test("Messages with metadata are answered with the same, those without data too")
    func metadata() async throws {
        try await withFolder(isWritable: false) { client in
            var messages = try uploaded(PyArrowFiles.stream)
            messages[0].descriptor = .path("a")
            messages[2].metadata = ByteBuffer(string: "two")
            messages.insert(FlightData(metadata: ByteBuffer(string: "alone")), at: 1)
            let upload = try await client.doPut()
            for message in messages { try await upload.write(message) }
            upload.finishWriting()
            let results = try await upload.incoming.all()
            #expect(results.map { String(decoding: $0.appMetadata, as: UTF8.self) } == ["alone", "two"])
            #expect(try await client.getFlightInfo(.path("a")).totalRecords == 5)
        }
    }

    @Test("What does not fit into the memory for uploads is refused, and gives it back")
    func memoryLimit() async throws {
        try await withFolder(isWritable: false, memoryLimit: 500) { client in
            await #expect(throws: FlightError(.resourceExhausted, "the memory for flights (500 bytes) is used up")) {
                try await put(PyArrowFiles.stream, as: .path("a"), client)
            }
            let status = try await status(client)
            #expect(status["memoryBytes"] as? Int == 0)
        }
    }

    @Test("A file of a folder that is not writable is neither replaced nor dropped")
    func notWritable() async throws {
        try folder.write(PyArrowFiles.file, to: "a.arrow")
        try await withFolder(isWritable: false) { client in
            let text = "a is a file, and the folder is not writable"
            await #expect(throws: FlightError(.alreadyExists, text)) {
                try await put(PyArrowFiles.stream, as: .path("a"), client)
            }
            await #expect(throws: FlightError(.permissionDenied, text)) { try await drop("a", client) }
        }
        #expect(try folder.contents == ["a.arrow"])
    }

    // MARK: Actions and exchanges

    @Test("Its actions are listed, and there are no others")
    func actions() async throws {
        try await withFolder(isWritable: false) { client in
            let actions = try await client.listActions().all()
            #expect(actions.map(\.type) == ["status", "drop"])
            var action = Action()
            action.type = "shutdown"
            await #expect(
                throws: FlightError(.unimplemented, "there is no action shutdown; ListActions tells those there are")
            ) { try await client.doAction(action).next() }
        }
    }

    @Test("An exchange sends back what comes, but for the descriptor")
    func exchange() async throws {
        try await withFolder(isWritable: false) { client in
            let exchange = try await client.doExchange()
            var messages = try uploaded(PyArrowFiles.deltaStream)
            try await exchange.write(FlightData(descriptor: .path("a")))
            for message in messages { try await exchange.write(message) }
            messages[0].descriptor = .path("a")
            try await exchange.write(messages[0])
            exchange.finishWriting()
            let expected = try uploaded(PyArrowFiles.deltaStream)
            #expect(try await exchange.incoming.all() == expected + [expected[0]])
        }
    }
}
