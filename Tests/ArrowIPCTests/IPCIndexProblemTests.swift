import NIOCore
import TestSupport
import Testing

@testable import ArrowIPC

/// What is wrong with a stream or a file is said with the place where it is.
@Suite struct IPCIndexProblemTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let bytes: [UInt8]
        let problem: IPCProblem
        var testDescription: String { problem.description }

        init(_ bytes: [UInt8], _ offset: Int64, _ text: String) {
            self.bytes = bytes
            problem = IPCProblem(offset: offset, text: text)
        }
    }

    /// A schema, unless there is none, and one message behind it.
    private static func stream(_ message: FlatPart, body: Int = 0, schema: FlatPart? = .oneColumn) -> [UInt8] {
        var messages = MessageBytes(.stream, schema: schema)
        messages.append(message, body: body)
        return messages.bytes
    }

    private static let marker: [UInt8] = [0xff, 0xff, 0xff, 0xff]
    /// The bytes of a stream that only has a schema.
    private static let schema = MessageBytes(.stream).bytes
    private static let first = Int64(schema.count)

    static let starts = [
        Case([], 0, "it is empty"),
        Case(Array("PAR1".utf8) + [0, 0, 0, 0], 0, "it is a Parquet file, not Arrow IPC"),
        Case(Array("PAR1".utf8), 0, "it is a Parquet file, not Arrow IPC"),
        Case(Array("FEA1".utf8) + [1], 0, "it is a file of Feather version 1, not Arrow IPC"),
        Case(Array("a,b\n1,2\n".utf8), 0, "a message is cut: 174206049 bytes of metadata where there are 4"),
        Case([1], 0, "a message's length is cut"),
        Case(marker + [1, 0, 0], 0, "a message's length is cut"),
        Case(marker + [0, 0, 0, 0], 0, "there is no schema: the stream ends at once"),
        Case([0, 0, 0, 0], 0, "there is no schema: the stream ends at once"),
        Case(marker + [16, 0, 0, 0], 0, "a message is cut: 16 bytes of metadata where there are 0"),
        Case([16, 0, 0, 0, 1], 0, "a message is cut: 16 bytes of metadata where there are 1"),
        Case(
            marker + [8, 0, 0, 0] + [UInt8](repeating: 0, count: 8), 8,
            "the metadata is not that of an Arrow IPC message"),
        Case([8, 0, 0, 0] + [UInt8](repeating: 0, count: 8), 4, "the metadata is not that of an Arrow IPC message"),
        Case(Array(schema[..<40]), 0, "a message is cut: \(schema.count - 8) bytes of metadata where there are 32"),
    ]

    static let messages: [Case] = {
        var rows = MessageBytes(.stream)
        rows.append(rows: .max)
        let second = rows.append(rows: 1)
        return [
            Case(stream(.message(4, .table()), schema: nil), 0, "a tensor where the schema has to be"),
            Case(stream(.message(1, .oneColumn, body: 8), body: 8, schema: nil), 0, "a schema with a body"),
            Case(rows.bytes, second.offset, "more rows than 64 bits can count"),
            Case(
                stream(.message(1, .oneColumn, version: 2)), first,
                "a schema has metadata version 3, which is too old: 4 and 5 are read"),
            Case(
                stream(.message(3, .recordBatch(rows: 1), version: 0)), first,
                "a record batch has metadata version 1, which is too old: 4 and 5 are read"),
            Case(stream(.message(1, .oneColumn)), first, "a second schema"),
            Case(stream(.message(4, .table())), first, "a tensor, where only batches can be read"),
            Case(stream(.message(5, .table())), first, "a sparse tensor, where only batches can be read"),
            Case(
                stream(.message(99, .table())), first, "a message of an unknown kind, where only batches can be read"),
            Case(
                stream(.message(3, .recordBatch(rows: 1), body: 16), body: 8), first,
                "a record batch is cut: a body of 16 bytes where there are 8"),
            Case(
                stream(.message(2, .dictionary(id: 0, rows: 1), body: .max)), first,
                "a dictionary is cut: a body of \(Int64.max) bytes where there are 0"),
            Case(
                stream(.message(3, .recordBatch(rows: -1))), first + 8,
                "the metadata is not that of an Arrow IPC message"),
            Case(
                stream(.message(3, .recordBatch(rows: 1), version: 5)), first + 8,
                "the metadata is not that of an Arrow IPC message"),
            Case(schema + [1, 2], first, "a message's length is cut"),
            Case(
                schema + Array("garbage!".utf8), first,
                "no Arrow IPC message: its metadata would be 1651663207 bytes long"),
        ]
    }()

    @Test("What is no Arrow IPC stream is refused with what and where", arguments: starts + messages)
    func refused(_ test: Case) {
        #expect(throws: test.problem) { try IPCIndex.read(MemorySource(ByteBuffer(bytes: test.bytes))) }
    }

    @Test("What is wrong inside a schema is said with its place in the stream")
    func schemaProblem() {
        let schema = FlatPart.schema([.field()], endianness: 3)
        let bytes = MessageBytes(.stream, schema: schema).bytes
        let problem = IPCProblem(offset: 8 + Int64(schema.position), text: "a schema has the unknown endianness 3")
        #expect(throws: problem) { try IPCIndex.read(MemorySource(ByteBuffer(bytes: bytes))) }
    }
}
