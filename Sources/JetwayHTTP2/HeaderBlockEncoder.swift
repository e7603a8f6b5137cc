package import NIOCore
package import NIOHPACK

/// Encodes the header blocks of one connection (RFC 7541), and remembers those that repeat.
///
/// Fields go into the dynamic table if they are indexable, which a decoded field is only if its sender put it there too:
/// secrets that a peer kept out of its table stay out of ours, and those marked as never indexed stay so marked.
package struct HeaderBlockEncoder {
    /// The table's capacity before any SETTINGS (RFC 9113 section 6.5.2).
    private static let initialTableSize = 4096

    private let tableSize: Int
    private var table: HPACKTable
    /// The smallest capacity since the last block, if it changed: it must be announced (RFC 7541 section 4.2).
    private var smallestCapacity: Int?
    private var cache = EncodedBlocks()

    /// - Parameter tableSize: bytes that our table may have, whatever larger size the peer allows.
    package init(tableSize: Int) {
        self.tableSize = tableSize
        self.table = HPACKTable(capacity: Self.initialTableSize)
        self.resize(to: min(tableSize, Self.initialTableSize))
    }

    /// The peer's SETTINGS_HEADER_TABLE_SIZE changed. To be called for every entry of a frame, in its order: a size that
    /// was small in between must be announced as well.
    package mutating func peerTableSize(_ size: Int) {
        self.resize(to: min(self.tableSize, max(0, size)))
    }

    private mutating func resize(to capacity: Int) {
        guard capacity != self.table.capacity else { return }
        self.table.resize(to: capacity)
        self.smallestCapacity = min(self.smallestCapacity ?? capacity, capacity)
        self.cache.tableChanged()
    }

    /// Appends a block to `buffer`.
    ///
    /// - Parameters:
    ///   - list: fields that may repeat from call to call.
    ///   - extra: fields that vary with each call; they come after those and never enter the table.
    package mutating func encode(
        _ list: HeaderList, appending extra: HPACKHeaders? = nil, into buffer: inout ByteBuffer
    ) {
        if !self.cache.write(list, to: &buffer) {
            let start = buffer.writerIndex
            var changed = self.writeSizeUpdates(&buffer)
            for field in list.fields where self.write(field, to: &buffer) {
                changed = true
            }
            if changed {
                self.cache.tableChanged()
            } else if let block = buffer.viewBytes(at: start, length: buffer.writerIndex - start) {
                self.cache.remember(list, block: block)
            }
        }
        guard let extra else { return }
        for field in extra {
            let hash = HPACKHash(name: field.name, value: "")
            let index = HPACKStaticTable.table.find(field.name, hash)
            let pattern: UInt8 = field.indexable == .neverIndexed ? 0x10 : 0
            buffer.writeHPACKInteger(index ?? 0, prefix: 4, pattern: pattern)
            if index == nil { buffer.writeHPACKString(field.name) }
            buffer.writeHPACKString(field.value)
        }
    }

    private mutating func writeSizeUpdates(_ buffer: inout ByteBuffer) -> Bool {
        guard let smallest = self.smallestCapacity else { return false }
        self.smallestCapacity = nil
        if smallest < self.table.capacity { buffer.writeHPACKInteger(smallest, prefix: 5, pattern: 0x20) }
        buffer.writeHPACKInteger(self.table.capacity, prefix: 5, pattern: 0x20)
        return true
    }

    /// Writes one field; returns whether that changed the table.
    private mutating func write(_ field: HPACKHeaders.Element, to buffer: inout ByteBuffer) -> Bool {
        let hash = HPACKHash(name: field.name, value: field.value)
        let match = self.find(field.name, field.value, hash)
        if field.indexable == .indexable, let match, match.matchesValue {
            buffer.writeHPACKInteger(match.index, prefix: 7, pattern: 0x80)
            return false
        }
        let entry = HPACKTable.Entry(
            name: field.name, value: field.value, nameSize: field.name.utf8.count, valueSize: field.value.utf8.count,
            hash: hash)
        switch field.indexable {
        case .indexable where entry.size <= self.table.capacity / 2:
            buffer.writeHPACKInteger(match?.index ?? 0, prefix: 6, pattern: 0x40)
            if match == nil { buffer.writeShortestHPACKString(field.name) }
            buffer.writeShortestHPACKString(field.value)
            self.table.add(entry)
            return true
        case .neverIndexed:
            buffer.writeHPACKInteger(match?.index ?? 0, prefix: 4, pattern: 0x10)
        case .indexable, .nonIndexable:
            // An entry that would evict half of the table is not worth its place.
            buffer.writeHPACKInteger(match?.index ?? 0, prefix: 4, pattern: 0)
        }
        if match == nil { buffer.writeHPACKString(field.name) }
        buffer.writeHPACKString(field.value)
        return false
    }

    /// The index of a field or, failing that, of its name.
    private func find(_ name: String, _ value: String, _ hash: HPACKHash) -> (index: Int, matchesValue: Bool)? {
        let known = HPACKStaticTable.table.find(name, value, hash)
        if let known, known.matchesValue { return known }
        guard let (index, matchesValue) = self.table.find(name, value, hash), matchesValue || known == nil else {
            return known
        }
        return (index + HPACKStaticTable.count + 1, matchesValue)
    }
}
