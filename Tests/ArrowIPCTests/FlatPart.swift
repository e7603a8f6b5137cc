/// A table or a vector of a flatbuffer, for making what no writer makes: parts can be shared, left out, and wrong.
final class FlatPart {
    /// What stands in a table's slot.
    enum Slot {
        case bytes([UInt8])
        case part(FlatPart)
        /// A reference that leaves the flatbuffer.
        case outside
        /// A value that would lie behind the flatbuffer.
        case nowhere

        static func scalar<Value: FixedWidthInteger>(_ value: Value) -> Slot { .bytes(value.littleEndianBytes) }
        static func text(_ text: String) -> Slot { .part(.text(text)) }
    }

    private enum Content {
        case table([Int: Slot])
        case vector(count: Int, [UInt8])
        case references([FlatPart?])
    }

    private let content: Content
    /// Where the part lies in the flatbuffer that was made last: a table's start, a vector's count.
    private(set) var position = 0

    private init(_ content: Content) { self.content = content }

    static func table(_ slots: [Int: Slot] = [:]) -> FlatPart { FlatPart(.table(slots)) }
    /// A vector of tables, or for nil of references that leave the flatbuffer.
    static func tables(_ tables: [FlatPart?]) -> FlatPart { FlatPart(.references(tables)) }
    static func text(_ text: String) -> FlatPart { FlatPart(.vector(count: text.utf8.count, Array(text.utf8))) }

    /// A vector that says it has `count` elements, whatever its bytes are.
    static func vector(count: Int, _ bytes: [UInt8]) -> FlatPart { FlatPart(.vector(count: count, bytes)) }

    static func scalars<Value: FixedWidthInteger>(_ values: [Value]) -> FlatPart {
        .vector(count: values.count, values.flatMap(\.littleEndianBytes))
    }

    // MARK: Bytes

    /// The flatbuffer whose root this is.
    func flatbuffer() -> [UInt8] {
        var parts: [FlatPart] = []
        var seen: Set<ObjectIdentifier> = []
        collect(into: &parts, &seen)
        // References only point forwards, so a shared part stands behind all that share it.
        parts.reverse()
        var end = 4
        for part in parts {
            part.position = end + part.leading
            end = part.position + part.size
        }
        var bytes = UInt32(position).littleEndianBytes
        for part in parts { part.write(to: &bytes) }
        return bytes
    }

    /// Adds the part behind everything it refers to.
    private func collect(into parts: inout [FlatPart], _ seen: inout Set<ObjectIdentifier>) {
        guard seen.insert(ObjectIdentifier(self)).inserted else { return }
        for part in referred { part.collect(into: &parts, &seen) }
        parts.append(self)
    }

    private var referred: [FlatPart] {
        switch content {
        case .references(let parts): parts.compactMap(\.self)
        case .vector: []
        case .table(let slots):
            slots.sorted { $0.key < $1.key }.compactMap { if case .part(let part) = $0.value { part } else { nil } }
        }
    }

    /// Bytes of the vtable before a table.
    private var leading: Int {
        guard case .table(let slots) = content else { return 0 }
        return 4 + 2 * ((slots.keys.max() ?? -1) + 1)
    }

    private var size: Int {
        switch content {
        case .references(let parts): 4 + 4 * parts.count
        case .vector(_, let bytes): 4 + bytes.count
        case .table(let slots): 4 + slots.values.reduce(0) { $0 + $1.size }
        }
    }

    private func write(to bytes: inout [UInt8]) {
        switch content {
        case .vector(let count, let elements):
            bytes += UInt32(count).littleEndianBytes + elements
        case .references(let parts):
            bytes += UInt32(parts.count).littleEndianBytes
            for part in parts { bytes += Self.reference(to: part, from: bytes.count) }
        case .table(let slots):
            write(slots, to: &bytes)
        }
    }

    private func write(_ slots: [Int: Slot], to bytes: inout [UInt8]) {
        bytes += UInt16(leading).littleEndianBytes + UInt16(size).littleEndianBytes
        let order = slots.sorted { $0.key < $1.key }
        var places = [UInt16](repeating: 0, count: (order.last?.key ?? -1) + 1)
        var place = 4
        for (number, slot) in order {
            places[number] = slot.size > 0 ? UInt16(place) : .max
            place += slot.size
        }
        bytes += places.flatMap(\.littleEndianBytes) + Int32(leading).littleEndianBytes
        for (_, slot) in order {
            switch slot {
            case .bytes(let value): bytes += value
            case .part(let part): bytes += Self.reference(to: part, from: bytes.count)
            case .outside: bytes += Self.reference(to: nil, from: bytes.count)
            case .nowhere: break
            }
        }
    }

    private static func reference(to part: FlatPart?, from place: Int) -> [UInt8] {
        (part.map { UInt32($0.position - place) } ?? .max).littleEndianBytes
    }
}

extension FlatPart.Slot {
    fileprivate var size: Int {
        switch self {
        case .bytes(let bytes): bytes.count
        case .part, .outside: 4
        case .nowhere: 0
        }
    }
}

extension FixedWidthInteger {
    var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian, Array.init) }
}
