package import NIOCore
internal import NIOHPACK

/// Decodes the header blocks of one connection (RFC 7541), and remembers those that repeat.
///
/// A block that leaves the dynamic table as it is, and comes again while the table is still the same, has the same meaning:
/// it gives the same ``HeaderList`` object without being decoded. Strings that are not UTF-8 hold replacement characters
/// afterwards, which validation refuses; in the table they count with the octets that they had, so the table stays the
/// peer's.
///
/// A fault is final: after one, the table is no longer the peer's.
package struct HeaderBlockDecoder {
    /// The table's capacity before any SETTINGS (RFC 9113 section 6.5.2).
    private static let initialTableSize = 4096

    private let tableSize: Int
    private let maxListSize: Int
    /// The largest capacity that the peer may choose.
    private var tableLimit: Int
    /// Whether the peer must announce a smaller table at the start of its next block.
    private var awaitsSizeUpdate = false
    private var table: HPACKTable
    private var scratch: [UInt8] = []
    /// The field that was read last.
    private var field = HPACKTable.Entry(name: "", value: "", nameSize: 0, valueSize: 0)
    private var cache = DecodedBlocks()

    /// - Parameters:
    ///   - tableSize: the SETTINGS_HEADER_TABLE_SIZE that we announce, in bytes.
    ///   - maxListSize: the SETTINGS_MAX_HEADER_LIST_SIZE that we announce, in bytes. A list above it is for the caller to
    ///     refuse, by ``HeaderList/listSize``; one above four times of it ends the connection.
    package init(tableSize: Int, maxListSize: Int) {
        self.tableSize = tableSize
        self.maxListSize = maxListSize.multipliedReportingOverflow(by: 4).overflow ? Int.max : maxListSize * 4
        self.tableLimit = max(Self.initialTableSize, tableSize)
        self.table = HPACKTable(capacity: Self.initialTableSize)
    }

    /// The peer acknowledged the SETTINGS with our table size: from here on its blocks must keep to it.
    package mutating func settingsAcknowledged() {
        self.tableLimit = self.tableSize
        // RFC 7541 section 4.2: a change below the size in use is announced in the next block.
        if self.table.capacity > self.tableLimit { self.awaitsSizeUpdate = true }
    }

    /// Decodes a block.
    ///
    /// - Throws: COMPRESSION_ERROR, or the fault of ``LimitName/headerListBytes``.
    package mutating func decode(_ block: ByteBuffer) throws(ConnectionFault) -> HeaderList {
        let key = DecodedBlocks.key(of: block)
        if let key, !self.awaitsSizeUpdate, let list = self.cache.list(for: block, key: key) { return list }
        let bytes = block.readableBytesUInt8Span
        var place = 0
        var changed = try self.readSizeUpdates(bytes, &place)
        var fields = HPACKHeaders()
        fields.reserveCapacity(16)
        var listSize = 0
        while place < bytes.count {
            let first = bytes[place]
            let indexing = try self.readField(first, bytes, &place)
            listSize += self.field.size
            guard listSize <= self.maxListSize else { throw .limit(.headerListBytes) }
            if first & 0xc0 == 0x40 { changed = true }
            fields.add(name: self.field.name, value: self.field.value, indexing: indexing)
        }
        let list = HeaderList(fields, listSize: listSize)
        if changed {
            self.cache.tableChanged()
        } else if let key {
            self.cache.remember(list, for: block, key: key)
        }
        return list
    }

    /// Size updates, which stand only at the start of a block (RFC 7541 sections 4.2 and 6.3).
    private mutating func readSizeUpdates(_ bytes: Span<UInt8>, _ place: inout Int) throws(ConnectionFault) -> Bool {
        var updates = 0
        while place < bytes.count, bytes[place] & 0xe0 == 0x20 {
            let size = try bytes.hpackInteger(at: &place, prefix: 5)
            guard size <= self.tableLimit else { throw .compression("HPACK: a table size above the limit") }
            updates += 1
            guard updates <= 2 else { throw .compression("HPACK: more than two table sizes in a block") }
            self.table.resize(to: size)
            self.awaitsSizeUpdate = false
        }
        guard !self.awaitsSizeUpdate else { throw .compression("HPACK: a smaller table was not announced") }
        return updates > 0
    }

    /// Reads the next field into `field`; returns how its sender indexed it.
    private mutating func readField(
        _ first: UInt8, _ bytes: Span<UInt8>, _ place: inout Int
    ) throws(ConnectionFault) -> HPACKIndexing {
        if first & 0x80 != 0 {
            try self.takeEntry(at: try bytes.hpackInteger(at: &place, prefix: 7))
            return .indexable
        }
        if first & 0x40 != 0 {
            try self.readLiteral(bytes, &place, prefix: 6)
            self.table.add(self.field)
            return .indexable
        }
        guard first & 0x20 == 0 else { throw .compression("HPACK: a table size after a field") }
        try self.readLiteral(bytes, &place, prefix: 4)
        return first & 0x10 != 0 ? .neverIndexed : .nonIndexable
    }

    private mutating func readLiteral(
        _ bytes: Span<UInt8>, _ place: inout Int, prefix: Int
    ) throws(ConnectionFault) {
        let index = try bytes.hpackInteger(at: &place, prefix: prefix)
        if index == 0 {
            let (name, size) = try bytes.hpackString(at: &place, &self.scratch)
            // Names that are not ASCII are malformed; `HPACKHeaders` does not take them, an empty one is refused as well.
            self.field.name = name.utf8.allSatisfy { $0 < 0x80 } ? name : ""
            self.field.nameSize = size
        } else {
            try self.takeEntry(at: index)
        }
        (self.field.value, self.field.valueSize) = try bytes.hpackString(at: &place, &self.scratch)
    }

    private mutating func takeEntry(at index: Int) throws(ConnectionFault) {
        guard let entry = HPACKStaticTable.table[index] ?? self.table[index - HPACKStaticTable.count - 1] else {
            throw .compression("HPACK: an index without an entry")
        }
        self.field = entry
    }
}
