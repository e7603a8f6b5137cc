import ArrowIPC
import FlightProtocol
import NIOCore
import TestSupport
import Testing

@testable import Flight

@Suite struct UploadTests {
    private static func message(_ header: [UInt8], body: Int = 0) throws(FlightError) -> UploadedMessage {
        try UploadedMessage(
            FlightData(header: ByteBuffer(bytes: header), body: body > 0 ? ByteBuffer(repeating: 0, count: body) : nil))
    }

    /// The bytes with those at the place where they begin to differ from others'.
    private static func changed(_ bytes: [UInt8], where other: [UInt8], to value: UInt8) -> [UInt8] {
        var bytes = bytes
        if let place = bytes.indices.first(where: { bytes[$0] != other[$0] }) { bytes[place] = value }
        return bytes
    }

    static let schema = PyArrowHeaders.schema

    static let refused: [(String, FlightData)] = [
        ("data_header is not an Arrow IPC message", FlightData()),
        ("data_header is not an Arrow IPC message", FlightData(header: ByteBuffer())),
        ("data_header is not an Arrow IPC message", FlightData(header: ByteBuffer(bytes: schema.prefix(30)))),
        ("data_body has 0 bytes where its head says 56", FlightData(header: ByteBuffer(bytes: PyArrowHeaders.batch))),
        (
            "data_body has 57 bytes where its head says 56",
            FlightData(header: ByteBuffer(bytes: PyArrowHeaders.batch), body: ByteBuffer(repeating: 0, count: 57))
        ),
        (
            "data_body has 1 bytes where its head says 0",
            FlightData(header: ByteBuffer(bytes: schema), body: ByteBuffer(repeating: 0, count: 1))
        ),
        (
            "data_header is of an Arrow IPC version that is not served, or too long",
            FlightData(header: ByteBuffer(bytes: changed(schema, where: PyArrowHeaders.schemaV4, to: 2)))
        ),
        (
            // The last field of the schema is an integer's width.
            "the schema cannot be read: at offset 204: an integer of 7 bits",
            FlightData(header: ByteBuffer(bytes: schema.dropLast(4) + [7, 0, 0, 0]))
        ),
    ]

    @Test("A message that could not be read back is not taken", arguments: refused)
    func messages(_ text: String, _ data: FlightData) {
        #expect(throws: FlightError(.invalidArgument, text)) { _ = try UploadedMessage(data) }
    }

    @Test("A message is taken as it came")
    func taken() throws {
        let data = try uploaded(PyArrowFiles.stream)
        let messages = try data.map { try UploadedMessage($0) }
        #expect(messages.map(\.header.kind) == [.schema, .recordBatch, .recordBatch, .recordBatch])
        #expect(messages.map { Optional($0.metadata) } == data.map(\.header))
        #expect(messages.map(\.body.readableBytes) == [0, 56, 16, 56])
    }

    // MARK: Order

    @Test("A schema comes first and once; then come dictionaries and batches, whose rows are counted")
    func order() throws {
        var order = UploadOrder()
        #expect(throws: FlightError(.invalidArgument, "the upload has no schema")) { try order.finish() }
        for stream in [PyArrowHeaders.batch, PyArrowHeaders.dictionary] {
            let message = try Self.message(stream, body: stream == PyArrowHeaders.batch ? 56 : 24)
            #expect(throws: FlightError(.invalidArgument, "the schema has to come first")) { try order.take(message) }
        }
        try order.take(Self.message(Self.schema))
        try order.finish()
        #expect(throws: FlightError(.invalidArgument, "the schema came twice")) {
            try order.take(Self.message(Self.schema))
        }
        try order.take(Self.message(PyArrowHeaders.dictionary, body: 24))
        for _ in 0..<2 { try order.take(Self.message(PyArrowHeaders.batch, body: 56)) }
        try order.take(Self.message(PyArrowHeaders.batchZeroRows, body: 16))
        try order.finish()
        #expect(order.rows == 6)
    }

    @Test("A tensor is no part of a flight, with a schema and without")
    func tensor() throws {
        var order = UploadOrder()
        let tensor = try Self.message(PyArrowHeaders.tensor, body: 48)
        let problem = FlightError(.invalidArgument, "a flight is made of record batches and dictionaries")
        #expect(throws: problem) { try order.take(tensor) }
        try order.take(Self.message(Self.schema))
        #expect(throws: problem) { try order.take(tensor) }
    }

    @Test("More rows than can be counted are refused")
    func rows() throws {
        var header = PyArrowHeaders.batch
        let place = try #require(header.firstRange(of: [3, 0, 0, 0, 0, 0, 0, 0]))
        header.replaceSubrange(place, with: [UInt8](repeating: 0xff, count: 7) + [0x7f])
        var order = UploadOrder()
        try order.take(Self.message(Self.schema))
        try order.take(Self.message(header, body: 56))
        #expect(order.rows == .max)
        #expect(throws: FlightError(.invalidArgument, "more rows than 64 bits can count")) {
            try order.take(Self.message(PyArrowHeaders.batch, body: 56))
        }
    }
}
