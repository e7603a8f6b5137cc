/// The static table of RFC 7541 appendix A; indexes begin with 1.
struct HPACKStaticTable: Sendable {
    static let table = HPACKStaticTable()
    static let count = 61

    private static let fields: [(name: String, value: String)] = [
        (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"), (":path", "/index.html"),
        (":scheme", "http"), (":scheme", "https"), (":status", "200"), (":status", "204"), (":status", "206"),
        (":status", "304"), (":status", "400"), (":status", "404"), (":status", "500"), ("accept-charset", ""),
        ("accept-encoding", "gzip, deflate"), ("accept-language", ""), ("accept-ranges", ""), ("accept", ""),
        ("access-control-allow-origin", ""), ("age", ""), ("allow", ""), ("authorization", ""), ("cache-control", ""),
        ("content-disposition", ""), ("content-encoding", ""), ("content-language", ""), ("content-length", ""),
        ("content-location", ""), ("content-range", ""), ("content-type", ""), ("cookie", ""), ("date", ""),
        ("etag", ""), ("expect", ""), ("expires", ""), ("from", ""), ("host", ""), ("if-match", ""),
        ("if-modified-since", ""), ("if-none-match", ""), ("if-range", ""), ("if-unmodified-since", ""),
        ("last-modified", ""), ("link", ""), ("location", ""), ("max-forwards", ""), ("proxy-authenticate", ""),
        ("proxy-authorization", ""), ("range", ""), ("referer", ""), ("refresh", ""), ("retry-after", ""),
        ("server", ""), ("set-cookie", ""), ("strict-transport-security", ""), ("transfer-encoding", ""),
        ("user-agent", ""), ("vary", ""), ("via", ""), ("www-authenticate", ""),
    ]

    /// Places in `fields` by the low bits of a hash, with the next free slot where two meet; 0 is a free slot.
    private let names: [UInt8]
    private let pairs: [UInt8]
    private static let mask = 255

    private let entries: [HPACKTable.Entry]

    private init() {
        var names = [UInt8](repeating: 0, count: Self.mask + 1)
        var pairs = names
        var seen: Set<String> = []
        for (place, field) in Self.fields.enumerated() {
            let hash = HPACKHash(name: field.name, value: field.value)
            if seen.insert(field.name).inserted { Self.add(UInt8(place + 1), at: hash.name, to: &names) }
            Self.add(UInt8(place + 1), at: hash.field, to: &pairs)
        }
        self.entries = Self.fields.map {
            HPACKTable.Entry(
                name: $0.name, value: $0.value, nameSize: $0.name.utf8.count, valueSize: $0.value.utf8.count)
        }
        self.names = names
        self.pairs = pairs
    }

    private static func add(_ index: UInt8, at hash: UInt64, to slots: inout [UInt8]) {
        var slot = Int(truncatingIfNeeded: hash) & Self.mask
        while slots[slot] != 0 { slot = (slot + 1) & Self.mask }
        slots[slot] = index
    }

    /// The entry at an index from 1; nil beyond the table.
    subscript(index: Int) -> HPACKTable.Entry? {
        guard index >= 1, index <= self.entries.count else { return nil }
        return self.entries[index - 1]
    }

    /// The entry with that name, with that value too if there is one.
    func find(_ name: String, _ value: String, _ hash: HPACKHash) -> (index: Int, matchesValue: Bool)? {
        var slot = Int(truncatingIfNeeded: hash.field) & Self.mask
        while self.pairs[slot] != 0 {
            let index = Int(self.pairs[slot])
            let field = self.entries[index - 1]
            if hash.isSame(field.name, name), hash.isSame(field.value, value) { return (index, true) }
            slot = (slot + 1) & Self.mask
        }
        return self.find(name, hash).map { ($0, false) }
    }

    /// The first entry with that name.
    func find(_ name: String, _ hash: HPACKHash) -> Int? {
        var slot = Int(truncatingIfNeeded: hash.name) & Self.mask
        while self.names[slot] != 0 {
            let index = Int(self.names[slot])
            if hash.isSame(self.entries[index - 1].name, name) { return index }
            slot = (slot + 1) & Self.mask
        }
        return nil
    }
}
