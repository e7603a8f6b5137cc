import NIOCore
import Testing

@testable import ArrowIPC

@Suite struct SchemaReaderTests {
    private static func parse(_ schema: FlatPart) throws(IPCProblem) -> ArrowSchema {
        try ArrowSchema.parse(message: ByteBuffer(bytes: FlatPart.message(1, schema).flatbuffer()))
    }

    /// Why a schema is refused; nil if it is read.
    private static func refusal(_ schema: FlatPart) -> String? {
        do {
            _ = try parse(schema)
            return nil
        } catch {
            return error.text
        }
    }

    @Test("Every type is shown as pyarrow shows it")
    func pyarrow() throws {
        let schema = try ArrowSchema.parse(message: ByteBuffer(bytes: PyArrowSchemas.message))
        let expected = PyArrowSchemas.lines.split(separator: "\n")
        #expect(schema.fields.count == expected.count)
        for (field, line) in zip(schema.fields, expected) { #expect(field.description == line) }
        #expect(schema.description == PyArrowSchemas.lines)
    }

    @Test("Metadata of schema and fields is read, with bytes that are no text repaired")
    func metadata() throws {
        let schema = try ArrowSchema.parse(message: ByteBuffer(bytes: PyArrowSchemas.message))
        #expect(
            schema.metadata == [ArrowMetadata(key: "k", value: "v"), ArrowMetadata(key: "bytes", value: "\u{FFFD}")])
        #expect(
            schema.fields[1].metadata == [
                ArrowMetadata(key: "PARQUET:field_id", value: "1"), ArrowMetadata(key: "", value: ""),
            ])
        #expect(schema.fields[2].metadata == [])
        #expect(!schema.isBigEndian)
    }

    @Test("The encodings of dictionaries are read with their ids")
    func dictionaries() throws {
        let schema = try ArrowSchema.parse(message: ByteBuffer(bytes: PyArrowSchemas.message))
        let encodings = schema.fields.compactMap(\.dictionary)
        #expect(encodings.map(\.id) == [0, 1, 2])
        #expect(encodings.map(\.isOrdered) == [false, true, false])
        #expect(
            encodings.map(\.indexType) == [
                .int(width: 32, isSigned: true), .int(width: 8, isSigned: false), .int(width: 16, isSigned: true),
            ])
        // The last column's lies inside a list.
        #expect(schema.fields.last?.children.first?.dictionary?.id == 3)
    }

    @Test("What a writer leaves out has the default of Schema.fbs")
    func defaults() throws {
        let types: [(UInt8, FlatPart, ArrowType)] = [
            (3, .table(), .floatingPoint(width: 16)),
            (7, .table([0: .scalar(Int32(5))]), .decimal(width: 128, precision: 5, scale: 0)),
            (8, .table(), .date(.millisecond)), (9, .table(), .time(.millisecond)),
            (10, .table(), .timestamp(.second, zone: nil)), (11, .table(), .interval(.yearMonth)),
            (18, .table(), .duration(.millisecond)), (15, .table(), .fixedSizeBinary(bytes: 0)),
        ]
        let fields = types.map { FlatPart.field(type: $0.0, $0.1) }
        #expect(try Self.parse(.schema(fields)).fields.map(\.type) == types.map(\.2))

        let bare = FlatPart.table([2: .scalar(UInt8(6)), 3: .part(.table())])
        #expect(try Self.parse(.schema([bare])).fields == [ArrowField("", .bool, isNullable: false)])
        let children = [FlatPart.field("a"), .field("b")]
        let union = try Self.parse(.schema([.field(type: 14, .table(), children: children)]))
        #expect(union.description == "f: sparse_union<a: int64=0, b: int64=1>")
        let coded = try Self.parse(.schema([.field(type: 5, .table(), more: [4: .part(.table())])]))
        #expect(coded.fields.first?.dictionary == DictionaryEncoding(id: 0, indexType: .int(width: 32, isSigned: true)))
    }

    @Test("Types that pyarrow cannot make, and those that are newer than this code, are told apart")
    func rareTypes() throws {
        func interval(_ unit: Int16) -> FlatPart { .field(type: 11, .table([0: .scalar(unit)])) }
        let schema = try Self.parse(
            .schema([
                interval(0), interval(1), .field(type: 27, .table()),
                .field(type: 255, .table(), children: [.field(), .field()]),
            ]))
        #expect(
            schema.fields.map(\.type.description) == [
                "month_interval", "day_time_interval", "unknown type 27", "unknown type 255",
            ])
        #expect(try Self.parse(.schema([.field()], endianness: 1)).isBigEndian)
    }

    @Test("A message that is no schema is none, whatever else it is")
    func noSchema() {
        let batch = FlatPart.message(3, .recordBatch(rows: 3)).flatbuffer()
        for bytes in [[], [0, 0, 0, 0], batch, Array(batch.dropLast(30))] {
            #expect(throws: IPCProblem(offset: 0, text: "it is no Arrow schema message")) {
                try ArrowSchema.parse(message: ByteBuffer(bytes: bytes))
            }
        }
    }

    // MARK: Bounds

    private static let again = "the schema says the same things again and again"

    /// A field that is nested `depth` deep: 0 is a column.
    private static func nested(_ depth: Int) -> FlatPart {
        (0..<depth).reduce(.field()) { inner, _ in .field(type: 12, .table(), children: [inner]) }
    }

    @Test("Types may be nested 64 deep and no deeper")
    func depth() throws {
        var field = try #require(try Self.parse(.schema([Self.nested(64)])).fields.first)
        for _ in 0..<64 { field = try #require(field.children.first) }
        #expect(field.type == .int(width: 64, isSigned: true))

        for depth in [65, 66, 1000] {
            #expect(Self.refusal(.schema([Self.nested(depth)])) == "types are nested more than 64 deep")
        }
    }

    @Test("A few bytes that stand for more fields than memory holds are refused", arguments: [2, 3, 10])
    func sharedFields(_ width: Int) {
        var field = FlatPart.field()
        for _ in 0..<40 { field = .field(type: 13, .table(), children: Array(repeating: field, count: width)) }
        #expect(Self.refusal(.schema([field])) == Self.again)
    }

    @Test("Ten columns that share a thousand parts are refused: each part would take memory of its own")
    func sharedColumns() {
        let leaves = FlatPart.field(type: 13, .table(), children: Array(repeating: .field(), count: 1000))
        #expect(Self.refusal(.schema(Array(repeating: leaves, count: 10))) == Self.again)
    }

    @Test("Texts may be shared by a few fields, and not by all of a large schema")
    func sharedTexts() throws {
        let text = FlatPart.text(String(repeating: "k", count: 10_000))
        func fields(_ count: Int) -> [FlatPart] {
            (0..<count).map { _ in .field(more: [6: .part(.tables([.table([0: .part(text), 1: .text("v")])]))]) }
        }
        #expect(try Self.parse(.schema(fields(10))).fields.allSatisfy { $0.metadata.count == 1 })
        #expect(Self.refusal(.schema(fields(1000))) == Self.again)
    }

    @Test("A schema of many columns that shares nothing is read")
    func manyColumns() throws {
        let names = (0..<5000).map { "c\($0)" }
        let schema = try Self.parse(.schema(names.map { .field($0) }))
        #expect(schema.fields.map(\.name) == names)
        let bare = (0..<5000).map { _ in FlatPart.table([2: .scalar(UInt8(6)), 3: .part(.table())]) }
        #expect(try Self.parse(.schema(bare)).fields.count == 5000)
    }
}
