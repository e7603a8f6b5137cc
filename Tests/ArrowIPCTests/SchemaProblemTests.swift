import ArrowIPC
import NIOCore
import Testing

/// What is wrong with a schema is said with the place of the table that says it.
@Suite struct SchemaProblemTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let message: [UInt8]
        let problem: IPCProblem
        var testDescription: String { problem.description }

        /// - Parameter table: the one that the problem is about, if it is not the schema's own.
        init(_ text: String, schema: FlatPart, at table: FlatPart? = nil) {
            message = FlatPart.message(1, schema).flatbuffer()
            problem = IPCProblem(offset: Int64((table ?? schema).position), text: text)
        }

        /// A problem of a field, or of a table in it.
        init(_ text: String, field: FlatPart, at table: FlatPart? = nil) {
            self.init(text, schema: .schema([field]), at: table ?? field)
        }

        /// A problem of the table of a field's type.
        init(_ text: String, type number: UInt8, _ type: FlatPart, children: Int = 0) {
            let parts = (0..<children).map { _ in FlatPart.field() }
            self.init(text, field: .field(type: number, type, children: parts), at: type)
        }
    }

    private static func encoding(_ text: String, _ slots: [Int: FlatPart.Slot]) -> Case {
        let table = FlatPart.table(slots)
        return Case(text, field: .field(more: [4: .part(table)]), at: table)
    }

    static let structure: [Case] = {
        let cutPair = FlatPart.table([0: .outside])
        return [
            Case("a schema has the unknown endianness 2", schema: .schema([], endianness: 2)),
            Case("a schema has the unknown endianness -1", schema: .schema([], endianness: -1)),
            Case("a table is cut", schema: .table([0: .nowhere])),
            Case("a vector or a text does not lie inside", schema: .table([1: .outside])),
            Case("a vector or a text does not lie inside", schema: .table([1: .nowhere])),
            Case(
                "a vector or a text does not lie inside",
                schema: .table([1: .part(.vector(count: 3, [0, 0, 0, 0]))])),
            Case("field 1 does not lie in the schema", schema: .schema([.field(), nil])),
            Case("metadata does not lie in the schema", schema: .schema([], metadata: .part(.tables([nil])))),
            Case("a vector or a text does not lie inside", schema: .schema([], metadata: .outside)),
            Case("a field has no type", field: .table([0: .text("f")])),
            Case("a field's type does not lie in the schema", field: .field(more: [3: .outside])),
            Case("a field's type does not lie in the schema", field: .table([2: .scalar(UInt8(2))])),
            Case("a vector or a text does not lie inside", field: .field(more: [0: .outside])),
            Case("a vector or a text does not lie inside", field: .field(more: [5: .outside])),
            Case("a vector or a text does not lie inside", field: .field(more: [6: .outside])),
            Case("a dictionary's encoding does not lie in the schema", field: .field(more: [4: .outside])),
            encoding("an index type does not lie in the schema", [1: .outside]),
            encoding("a table is cut", [0: .nowhere]),
            Case(
                "a vector or a text does not lie inside",
                field: .field(more: [6: .part(.tables([cutPair]))]), at: cutPair),
        ]
    }()

    static let types: [Case] = {
        let bad = [
            Case("an integer of 7 bits", type: 2, .table([0: .scalar(Int32(7))])),
            Case("an integer of 0 bits", type: 2, .table()),
            Case("an integer of 128 bits", type: 2, .table([0: .scalar(Int32(128))])),
            Case("the unknown precision 3", type: 3, .table([0: .scalar(Int16(3))])),
            Case("the unknown precision -1", type: 3, .table([0: .scalar(Int16(-1))])),
            Case("a table is cut", type: 3, .table([0: .nowhere])),
            Case("a decimal of 100 bits", type: 7, .table([2: .scalar(Int32(100))])),
            Case("the unknown unit of a date 2", type: 8, .table([0: .scalar(Int16(2))])),
            Case("the unknown unit of time 4", type: 9, .table([0: .scalar(Int16(4))])),
            Case("the unknown unit of time 4", type: 10, .table([0: .scalar(Int16(4))])),
            Case("a vector or a text does not lie inside", type: 10, .table([1: .outside])),
            Case("the unknown unit of an interval 3", type: 11, .table([0: .scalar(Int16(3))])),
            Case("a field of a type with one part has 0 parts", type: 12, .table()),
            Case("a field of a type with one part has 2 parts", type: 12, .table(), children: 2),
            Case("the unknown mode of a union 2", type: 14, .table([0: .scalar(Int16(2))])),
            Case(
                "a union has 1 codes for 2 parts", type: 14, .table([1: .part(.scalars([Int32(0)]))]), children: 2),
            Case("a vector or a text does not lie inside", type: 14, .table([1: .outside])),
            Case("a fixed size of -1", type: 15, .table([0: .scalar(Int32(-1))])),
            Case("a field of a type with one part has 0 parts", type: 16, .table()),
            Case("a fixed size of -2147483648", type: 16, .table([0: .scalar(Int32.min)]), children: 1),
            Case("a field of a type with one part has 2 parts", type: 17, .table(), children: 2),
            Case("the unknown unit of time -7", type: 18, .table([0: .scalar(Int16(-7))])),
            Case("a field of a type with one part has 0 parts", type: 21, .table()),
            Case("a run-end encoded field has 1 parts where it needs 2", type: 22, .table(), children: 1),
            Case("a run-end encoded field has 3 parts where it needs 2", type: 22, .table(), children: 3),
            Case("a field of a type with one part has 0 parts", type: 25, .table()),
            Case("a field of a type with one part has 0 parts", type: 26, .table()),
        ]
        let leaves: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 15, 18, 19, 20, 23, 24]
        return bad
            + leaves.map {
                Case(
                    "a field of a type without parts has 1 parts",
                    field: .field(type: $0, .int64, children: [.field()]))
            }
    }()

    @Test("A schema whose tables or types are broken is refused with what and where", arguments: structure + types)
    func broken(_ test: Case) {
        #expect(throws: test.problem) { try ArrowSchema.parse(message: ByteBuffer(bytes: test.message)) }
    }
}
