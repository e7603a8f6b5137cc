import Testing

@testable import ArrowIPC

@Suite struct ArrowSchemaTests {
    private static let int = ArrowType.int(width: 64, isSigned: true)
    private static let coded = ArrowType.dictionary(DictionaryEncoding(id: 0, indexType: int), values: .string)

    @Test("Control characters in names are shown as escapes, and all others as they are")
    func escapes() {
        let field = ArrowField("a\u{1B}[31m\n\u{9B}é 日", .timestamp(.second, zone: "U\u{7}TC"), isNullable: false)
        #expect(field.description == "a\\u{1B}[31m\\n\\u{009B}é 日: timestamp[s, tz=U\\u{07}TC] not null")
    }

    @Test("A map whose entries are no pair of key and value is shown with what they are")
    func brokenMap() {
        let map = ArrowType.map(entries: ArrowField("entries", Self.int), keysSorted: true)
        #expect(map.description == "map<entries: int64, keys_sorted>")
    }

    @Test("Metadata and ids of dictionaries may differ between equal columns; nothing else may")
    func sameColumns() {
        let schema = ArrowSchema(fields: [
            ArrowField("a", .list(ArrowField("item", Self.int))), ArrowField("d", Self.coded),
        ])
        func same(_ fields: [ArrowField], isBigEndian: Bool = false) -> Bool {
            let other = ArrowSchema(
                fields: fields, metadata: [ArrowMetadata(key: "k", value: "v")], isBigEndian: isBigEndian)
            return schema.hasSameColumns(as: other) && other.hasSameColumns(as: schema)
        }
        func dictionary(_ index: ArrowType = Self.int, _ values: ArrowType = .string) -> ArrowField {
            ArrowField("d", .dictionary(DictionaryEncoding(id: 7, indexType: index), values: values))
        }
        let list = ArrowField("a", .list(ArrowField("item", Self.int)), metadata: [ArrowMetadata(key: "", value: "")])
        #expect(same([list, dictionary()]))
        #expect(!same([list, dictionary()], isBigEndian: true))

        let others: [[ArrowField]] = [
            [], [list], [list, dictionary(), dictionary()], [dictionary(), list],
            [ArrowField("A", list.type), dictionary()],
            [ArrowField("a", list.type, isNullable: false), dictionary()],
            [ArrowField("a", .largeList(ArrowField("item", Self.int))), dictionary()],
            [ArrowField("a", .list(ArrowField("item", .int(width: 64, isSigned: false)))), dictionary()],
            [ArrowField("a", .list(ArrowField("item", Self.int, isNullable: false))), dictionary()],
            [list, ArrowField("d", .string)], [list, dictionary(.int(width: 8, isSigned: true))],
            [list, dictionary(Self.int, .largeString)],
        ]
        for fields in others { #expect(!same(fields), "\(fields)") }
    }

    @Test("Types that differ in a parameter are different columns")
    func parameters() {
        let item = ArrowField("item", Self.int)
        let pairs: [(ArrowType, ArrowType)] = [
            (.fixedSizeList(item, count: 2), .fixedSizeList(item, count: 3)),
            (.map(entries: item, keysSorted: false), .map(entries: item, keysSorted: true)),
            (.union([item], codes: [0], isDense: true), .union([item], codes: [0], isDense: false)),
            (.timestamp(.second, zone: nil), .timestamp(.second, zone: "UTC")),
            (.decimal(width: 128, precision: 5, scale: 1), .decimal(width: 128, precision: 5, scale: 2)),
            (.fixedSizeBinary(bytes: 1), .fixedSizeBinary(bytes: 2)), (.unknown(27), .unknown(28)),
            (.union([item], codes: [0], isDense: true), .union([item], codes: [1], isDense: true)),
        ]
        for (first, second) in pairs {
            let schemas = [first, second].map { ArrowSchema(fields: [ArrowField("f", $0)]) }
            #expect(schemas[0].hasSameColumns(as: schemas[0]))
            #expect(!schemas[0].hasSameColumns(as: schemas[1]), "\(first) and \(second)")
        }
    }
}
