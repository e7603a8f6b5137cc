/// Reads the tables of a schema (Schema.fbs), with a bound on the work: tables of a flatbuffer can share parts, so that a few
/// bytes could stand for more fields than memory holds.
///
/// Offsets in problems count from the start of the flatbuffer.
struct SchemaReader {
    /// How deep types may be nested: what Arrow C++ takes.
    private static let deepest = 64

    /// What a field or a pair of metadata counts at least: what it takes in memory, about. In a flatbuffer where nothing is
    /// shared it has 8 bytes or more, and so twice of this in the budget.
    private static let partCost = 64

    /// What may still be read, in bytes of fields and text, those that are shared counted as often as they are used.
    private var budget: Int

    /// - Parameter size: bytes of the flatbuffer.
    init(size: Int) {
        // Writers may share texts such as the keys of metadata; nobody shares most of a schema.
        budget = 16 * size
    }

    mutating func schema(_ table: FlatTable) throws(IPCProblem) -> ArrowSchema {
        let endianness = try table.value(0, absent: Int16(0))
        guard endianness == 0 || endianness == 1 else {
            throw table.problem("a schema has the unknown endianness \(endianness)")
        }
        return ArrowSchema(
            fields: try fields(table, slot: 1, depth: 0), metadata: try metadata(table, slot: 2),
            isBigEndian: endianness == 1)
    }

    // MARK: Fields

    private mutating func fields(_ table: FlatTable, slot: Int, depth: Int) throws(IPCProblem) -> [ArrowField] {
        let vector = try table.elements(slot, size: 4)
        guard depth <= Self.deepest || vector.count == 0 else {
            throw table.problem("types are nested more than \(Self.deepest) deep")
        }
        var fields: [ArrowField] = []
        for index in 0..<vector.count {
            guard let field = vector.table(index) else {
                throw table.problem("field \(index) does not lie in the schema")
            }
            fields.append(try self.field(field, depth: depth))
        }
        return fields
    }

    private mutating func field(_ table: FlatTable, depth: Int) throws(IPCProblem) -> ArrowField {
        try spend(Self.partCost, on: table)
        let name = try text(table, slot: 0) ?? ""
        let children = try fields(table, slot: 5, depth: depth + 1)
        var type = try self.type(table, children: children)
        if let encoding = try dictionary(table) { type = .dictionary(encoding, values: type) }
        return ArrowField(
            name, type, isNullable: try table.value(1, absent: UInt8(0)) != 0, metadata: try metadata(table, slot: 6))
    }

    private func dictionary(_ field: FlatTable) throws(IPCProblem) -> DictionaryEncoding? {
        guard field.has(4) else { return nil }
        guard let table = field.table(4) else {
            throw field.problem("a dictionary's encoding does not lie in the schema")
        }
        var indexType = ArrowType.int(width: 32, isSigned: true)
        if table.has(1) {
            guard let type = table.table(1) else { throw table.problem("an index type does not lie in the schema") }
            indexType = try Self.int(type)
        }
        return DictionaryEncoding(
            id: try table.value(0, absent: Int64(0)), indexType: indexType,
            isOrdered: try table.value(2, absent: UInt8(0)) != 0)
    }

    private mutating func metadata(_ table: FlatTable, slot: Int) throws(IPCProblem) -> [ArrowMetadata] {
        let vector = try table.elements(slot, size: 4)
        var pairs: [ArrowMetadata] = []
        for index in 0..<vector.count {
            guard let pair = vector.table(index) else { throw table.problem("metadata does not lie in the schema") }
            try spend(Self.partCost, on: pair)
            pairs.append(
                ArrowMetadata(key: try text(pair, slot: 0) ?? "", value: try text(pair, slot: 1) ?? ""))
        }
        return pairs
    }

    private mutating func text(_ table: FlatTable, slot: Int) throws(IPCProblem) -> String? {
        guard table.has(slot) else { return nil }
        let bytes = try table.elements(slot, size: 1).content
        try spend(bytes.count, on: table)
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func spend(_ bytes: Int, on table: FlatTable) throws(IPCProblem) {
        budget -= bytes
        guard budget >= 0 else { throw table.problem("the schema says the same things again and again") }
    }
}

// MARK: Types

extension SchemaReader {
    /// The type of a field, by its number in the union `Type`.
    private mutating func type(_ field: FlatTable, children: [ArrowField]) throws(IPCProblem) -> ArrowType {
        let number = try field.value(2, absent: UInt8(0))
        guard number != 0 else { throw field.problem("a field has no type") }
        guard let table = field.table(3) else { throw field.problem("a field's type does not lie in the schema") }
        if let nested = try Self.nested(number, table, children) { return nested }
        guard children.isEmpty || number > Self.newest else {
            throw field.problem("a field of a type without parts has \(children.count) parts")
        }
        switch number {
        case 1: return .null
        case 2: return try Self.int(table)
        case 3: return .floatingPoint(width: try table.choice([16, 32, 64], slot: 0, absent: 0, what: "precision"))
        case 4: return .binary
        case 5: return .string
        case 6: return .bool
        case 7: return try Self.decimal(table)
        case 8: return .date(try table.choice([.second, .millisecond], slot: 0, absent: 1, what: "unit of a date"))
        case 9: return .time(try table.unit(absent: 1))
        case 10: return .timestamp(try table.unit(absent: 0), zone: try text(table, slot: 1))
        case 11:
            return .interval(
                try table.choice(
                    [.yearMonth, .dayTime, .monthDayNano], slot: 0, absent: 0, what: "unit of an interval"))
        case 15: return .fixedSizeBinary(bytes: try table.size())
        case 18: return .duration(try table.unit(absent: 1))
        case 19: return .largeBinary
        case 20: return .largeString
        case 23: return .binaryView
        case 24: return .stringView
        default: return .unknown(Int(number))
        }
    }

    /// The highest number of a type that is known here.
    private static let newest: UInt8 = 26

    /// A type that other fields are nested in; nil for the others.
    private static func nested(
        _ number: UInt8, _ table: FlatTable, _ children: [ArrowField]
    ) throws(IPCProblem) -> ArrowType? {
        switch number {
        case 12: return .list(try table.only(children))
        case 13: return .structure(children)
        case 14: return try union(table, children)
        case 16: return .fixedSizeList(try table.only(children), count: try table.size())
        case 17: return .map(entries: try table.only(children), keysSorted: try table.value(0, absent: UInt8(0)) != 0)
        case 21: return .largeList(try table.only(children))
        case 22:
            guard children.count == 2 else {
                throw table.problem("a run-end encoded field has \(children.count) parts where it needs 2")
            }
            return .runEndEncoded(runEnds: children[0], values: children[1])
        case 25: return .listView(try table.only(children))
        case 26: return .largeListView(try table.only(children))
        default: return nil
        }
    }

    private static func int(_ table: FlatTable) throws(IPCProblem) -> ArrowType {
        let width = try table.value(0, absent: Int32(0))
        guard [8, 16, 32, 64].contains(width) else { throw table.problem("an integer of \(width) bits") }
        return .int(width: Int(width), isSigned: try table.value(1, absent: UInt8(0)) != 0)
    }

    private static func decimal(_ table: FlatTable) throws(IPCProblem) -> ArrowType {
        let width = try table.value(2, absent: Int32(128))
        guard [32, 64, 128, 256].contains(width) else { throw table.problem("a decimal of \(width) bits") }
        return .decimal(
            width: Int(width), precision: Int(try table.value(0, absent: Int32(0))),
            scale: Int(try table.value(1, absent: Int32(0))))
    }

    private static func union(_ table: FlatTable, _ children: [ArrowField]) throws(IPCProblem) -> ArrowType {
        let isDense: Bool = try table.choice([false, true], slot: 0, absent: 0, what: "mode of a union")
        guard table.has(1) else { return .union(children, codes: Array(children.indices), isDense: isDense) }
        let vector = try table.elements(1, size: 4)
        guard vector.count == children.count else {
            throw table.problem("a union has \(vector.count) codes for \(children.count) parts")
        }
        let codes = (0..<vector.count).map { Int(vector.scalar($0, as: Int32.self) ?? 0) }
        return .union(children, codes: codes, isDense: isDense)
    }
}

extension FlatTable {
    func problem(_ text: String) -> IPCProblem {
        IPCProblem(offset: Int64(position), text: text)
    }

    /// The scalar in `slot`.
    func value<Value: FixedWidthInteger>(_ slot: Int, absent: Value) throws(IPCProblem) -> Value {
        guard let value = scalar(slot, absent: absent) else { throw problem("a table is cut") }
        return value
    }

    /// The vector in `slot`, whose elements have `size` bytes each.
    func elements(_ slot: Int, size: Int) throws(IPCProblem) -> FlatVector {
        guard let vector = vector(slot, elementSize: size) else {
            throw problem("a vector or a text does not lie inside")
        }
        return vector
    }

    /// What the enumeration of 16 bits in `slot` stands for.
    fileprivate func choice<Value>(
        _ values: [Value], slot: Int, absent: Int16, what: String
    ) throws(IPCProblem) -> Value {
        let number = Int(try value(slot, absent: absent))
        guard values.indices.contains(number) else { throw problem("the unknown \(what) \(number)") }
        return values[number]
    }

    /// `TimeUnit`, in the first slot.
    fileprivate func unit(absent: Int16) throws(IPCProblem) -> ArrowType.Unit {
        try choice([.second, .millisecond, .microsecond, .nanosecond], slot: 0, absent: absent, what: "unit of time")
    }

    /// A number of bytes or items, in the first slot.
    fileprivate func size() throws(IPCProblem) -> Int {
        let size = try value(0, absent: Int32(0))
        guard size >= 0 else { throw problem("a fixed size of \(size)") }
        return Int(size)
    }

    /// The one part of a type that has one.
    fileprivate func only(_ children: [ArrowField]) throws(IPCProblem) -> ArrowField {
        guard children.count == 1, let child = children.first else {
            throw problem("a field of a type with one part has \(children.count) parts")
        }
        return child
    }
}
