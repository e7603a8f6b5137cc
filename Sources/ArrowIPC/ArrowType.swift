/// The type of a column with what is nested in it (Schema.fbs, union `Type`).
package indirect enum ArrowType: Sendable, Equatable {
    /// Seconds, or a part of them (Schema.fbs, `TimeUnit`).
    package enum Unit: String, Sendable {
        case second = "s"
        case millisecond = "ms"
        case microsecond = "us"
        case nanosecond = "ns"
    }

    /// Schema.fbs, `IntervalUnit`.
    package enum IntervalUnit: String, Sendable {
        case yearMonth = "month_interval"
        case dayTime = "day_time_interval"
        case monthDayNano = "month_day_nano_interval"
    }

    /// Widths are in bits where nothing else is said.
    case null
    case bool
    case int(width: Int, isSigned: Bool)
    case floatingPoint(width: Int)
    case decimal(width: Int, precision: Int, scale: Int)
    case date(Unit)
    case time(Unit)
    /// Without a time zone, it is of no zone in particular.
    case timestamp(Unit, zone: String?)
    case duration(Unit)
    case interval(IntervalUnit)
    case binary
    case largeBinary
    case binaryView
    case fixedSizeBinary(bytes: Int)
    case string
    case largeString
    case stringView
    case list(ArrowField)
    case largeList(ArrowField)
    case listView(ArrowField)
    case largeListView(ArrowField)
    case fixedSizeList(ArrowField, count: Int)
    case structure([ArrowField])
    /// Its entries are a struct of key and value.
    case map(entries: ArrowField, keysSorted: Bool)
    /// Each child has the code in `codes` at its place.
    case union([ArrowField], codes: [Int], isDense: Bool)
    case runEndEncoded(runEnds: ArrowField, values: ArrowField)
    case dictionary(DictionaryEncoding, values: ArrowType)
    /// A type that is newer than this code, by its number in the union `Type`.
    case unknown(Int)

    /// The fields that are nested directly in the type.
    package var children: [ArrowField] {
        switch self {
        case .list(let item), .largeList(let item), .listView(let item), .largeListView(let item),
            .fixedSizeList(let item, _):
            [item]
        case .structure(let fields), .union(let fields, _, _): fields
        case .map(let entries, _): [entries]
        case .runEndEncoded(let runEnds, let values): [runEnds, values]
        case .dictionary(_, let values): values.children
        default: []
        }
    }

    /// The codes of a union's fields.
    var unionCodes: [Int]? {
        switch self {
        case .union(_, let codes, _): codes
        case .dictionary(_, let values): values.unionCodes
        default: nil
        }
    }
}

// MARK: Names

extension ArrowType: CustomStringConvertible {
    /// The name that pyarrow shows.
    package var description: String {
        switch self {
        case .list(let item), .largeList(let item), .listView(let item), .largeListView(let item):
            "\(nameAlone)<\(item)>"
        case .fixedSizeList(let item, let count): "fixed_size_list<\(item)>[\(count)]"
        case .structure(let fields): "struct<\(Self.joined(fields))>"
        case .map(let entries, let keysSorted): Self.mapName(entries, keysSorted: keysSorted)
        case .union(let fields, let codes, _):
            "\(nameAlone)<\(zip(fields, codes).map { "\($0)=\($1)" }.joined(separator: ", "))>"
        case .runEndEncoded(let runEnds, let values):
            "run_end_encoded<run_ends: \(runEnds.type), values: \(values.type)>"
        case .dictionary(let encoding, let values):
            "dictionary<values=\(values), indices=\(encoding.indexType), ordered=\(encoding.isOrdered ? 1 : 0)>"
        default: nameAlone
        }
    }

    /// The name with everything but what is nested in the type.
    var nameAlone: String {
        switch self {
        case .null: "null"
        case .bool: "bool"
        case .int(let width, let isSigned): "\(isSigned ? "" : "u")int\(width)"
        case .floatingPoint(let width): width == 16 ? "halffloat" : width == 32 ? "float" : "double"
        case .decimal(let width, let precision, let scale): "decimal\(width)(\(precision), \(scale))"
        case .date(let unit): unit == .second ? "date32[day]" : "date64[ms]"
        case .time(let unit): "time\(unit == .second || unit == .millisecond ? 32 : 64)[\(unit.rawValue)]"
        case .timestamp(let unit, let zone):
            "timestamp[\(unit.rawValue)\(zone.map { ", tz=\($0.escapingControls)" } ?? "")]"
        case .duration(let unit): "duration[\(unit.rawValue)]"
        case .interval(let unit): unit.rawValue
        case .binary: "binary"
        case .largeBinary: "large_binary"
        case .binaryView: "binary_view"
        case .fixedSizeBinary(let bytes): "fixed_size_binary[\(bytes)]"
        case .string: "string"
        case .largeString: "large_string"
        case .stringView: "string_view"
        case .list: "list"
        case .largeList: "large_list"
        case .listView: "list_view"
        case .largeListView: "large_list_view"
        case .fixedSizeList(_, let count): "fixed_size_list[\(count)]"
        case .structure: "struct"
        case .map(_, let keysSorted): keysSorted ? "map, keys_sorted" : "map"
        case .union(_, _, let isDense): "\(isDense ? "dense" : "sparse")_union"
        case .runEndEncoded: "run_end_encoded"
        case .dictionary(_, let values): values.nameAlone
        case .unknown(let number): "unknown type \(number)"
        }
    }

    private static func joined(_ fields: [ArrowField]) -> String {
        fields.map(\.description).joined(separator: ", ")
    }

    /// Keys and values without the struct that holds them, if they are what they should be.
    private static func mapName(_ entries: ArrowField, keysSorted: Bool) -> String {
        let parts = entries.children
        let content = parts.count == 2 ? "\(parts[0].type), \(parts[1].type)" : "\(entries)"
        return "map<\(content)\(keysSorted ? ", keys_sorted" : "")>"
    }
}
