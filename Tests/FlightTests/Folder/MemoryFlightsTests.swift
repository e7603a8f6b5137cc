import ArrowIPC
import FlightProtocol
import NIOCore
import TestSupport
import Testing

@testable import Flight

/// What uploads hold of the memory that there is for them.
@Suite struct MemoryFlightsTests {
    private let name: FlightName
    private let other: FlightName

    init() throws {
        name = try FlightName(text: "a")
        other = try FlightName(text: "sales/b")
    }

    /// Bytes of heads and bodies.
    private static func size(_ data: [FlightData]) -> Int {
        data.reduce(0) { $0 + ($1.header?.readableBytes ?? 0) + ($1.body?.readableBytes ?? 0) }
    }

    private func begin(
        _ stream: [UInt8], as name: FlightName? = nil, in store: MemoryFlights
    ) throws -> MemoryUpload {
        let upload = MemoryUpload(name ?? self.name, in: store)
        for data in try uploaded(stream) { try upload.append(UploadedMessage(data)) }
        return upload
    }

    @Test("Nothing of an upload is there before it is complete, and then all of it")
    func commit() throws {
        let store = MemoryFlights(limit: 1 << 20)
        let data = try uploaded(PyArrowFiles.stream)
        let upload = try begin(PyArrowFiles.stream, in: store)
        #expect(store[name] == nil && store.all.isEmpty)
        #expect(store.held == Self.size(data))
        try upload.commit()
        let flight = try #require(store[name])
        #expect(flight.schemaMessage == data[0].header)
        #expect(flight.messages == Array(data[1...]))
        #expect(flight.rows == 5 && flight.bodyBytes == 128)
        #expect(Array(store.all.keys) == [name])
        #expect(store.held == Self.size(data))
    }

    @Test("What an upload held is given back when it is replaced, removed or aborted")
    func givenBack() throws {
        let store = MemoryFlights(limit: 1 << 20)
        let sizes = try [PyArrowFiles.stream, PyArrowFiles.deltaStream].map { Self.size(try uploaded($0)) }
        try begin(PyArrowFiles.stream, in: store).commit()
        let second = try begin(PyArrowFiles.deltaStream, in: store)
        // Both are held while the new one is on its way, and the old one is still there.
        #expect(store.held == sizes[0] + sizes[1])
        #expect(store[name]?.messages.count == 3)
        try second.commit()
        #expect(store.held == sizes[1])
        #expect(store[name]?.messages.count == 4)

        let aborted = try begin(PyArrowFiles.stream, as: other, in: store)
        aborted.abort()
        aborted.abort()
        #expect(store.held == sizes[1] && store[other] == nil)

        #expect(store.remove(name))
        #expect(!store.remove(name))
        #expect(store.held == 0 && store.all.isEmpty)
    }

    @Test("An upload that nobody completes gives back what it held when it goes")
    func dropped() throws {
        let store = MemoryFlights(limit: 1 << 20)
        _ = try begin(PyArrowFiles.stream, in: store)
        #expect(store.held == 0)
        let upload = try begin(PyArrowFiles.stream, in: store)
        try upload.commit()
        upload.abort()
        #expect(store.held > 0 && store[name] != nil)
    }

    @Test("Uploads together hold as much as the limit and no byte more")
    func limit() throws {
        let size = Self.size(try uploaded(PyArrowFiles.stream))
        let store = MemoryFlights(limit: 2 * size)
        try begin(PyArrowFiles.stream, in: store).commit()
        try begin(PyArrowFiles.stream, as: other, in: store).commit()
        #expect(store.held == 2 * size)
        let full = FlightError(.resourceExhausted, "the memory for flights (\(2 * size) bytes) is used up")
        #expect(throws: full) { try store.reserve(1) }
        try store.reserve(0)
        // What does not fit takes nothing, also where the flight would replace one.
        #expect(throws: full) { _ = try begin(PyArrowFiles.stream, in: store) }
        #expect(store.held == 2 * size)
        #expect(store.remove(name))
        try begin(PyArrowFiles.stream, in: store).commit()
        #expect(throws: full) { try store.reserve(.max) }
    }

    @Test("A small message does not hold the large buffer that it came in")
    func slack() throws {
        let store = MemoryFlights(limit: 1 << 20)
        let upload = MemoryUpload(name, in: store)
        for data in try uploaded(PyArrowFiles.stream) {
            var large = ByteBuffer(repeating: 0, count: 1 << 20)
            large.writeImmutableBuffer(data.header ?? ByteBuffer())
            large.writeImmutableBuffer(data.body ?? ByteBuffer())
            large.moveReaderIndex(forwardBy: 1 << 20)
            let header = large.readSlice(length: data.header?.readableBytes ?? 0)
            try upload.append(UploadedMessage(FlightData(header: header, body: large)))
        }
        try upload.commit()
        let flight = try #require(store[name])
        #expect(flight.messages.count == 3 && flight.schemaMessage.storageCapacity < 4096)
        for message in flight.messages {
            #expect((message.header?.storageCapacity ?? 0) < 4096)
            #expect((message.body?.storageCapacity ?? 0) < 4096)
        }
    }
}
