/// A dynamic table (RFC 7541 sections 2.3.2 and 4): fields in the order in which they were added, oldest evicted first.
struct HPACKTable: Sendable {
    struct Entry: Sendable {
        var name: String
        var value: String
        /// Octets of name and value as they were on the wire, which a repaired string no longer tells.
        var nameSize: Int
        var valueSize: Int
        /// Nil in a decoder, where nothing is looked up by name.
        var hash: HPACKHash?

        /// RFC 7541 section 4.1.
        var size: Int { self.nameSize + self.valueSize + 32 }
    }

    /// The newest entry is the last; those before `oldest` are evicted.
    private var entries: [Entry] = []
    private var oldest = 0

    /// Bytes that the table may have.
    private(set) var capacity: Int
    /// Bytes that it has.
    private(set) var size = 0

    init(capacity: Int) {
        self.capacity = capacity
    }

    var count: Int { self.entries.count - self.oldest }

    /// The entry at an index from 0, which is the newest; nil beyond the table.
    subscript(index: Int) -> Entry? {
        guard index >= 0, index < self.count else { return nil }
        return self.entries[self.entries.count - 1 - index]
    }

    /// Changes the capacity, which may evict entries (RFC 7541 section 4.3).
    mutating func resize(to capacity: Int) {
        self.capacity = capacity
        self.evict(downTo: capacity)
    }

    /// Adds an entry; one larger than the table empties it, which is no error (RFC 7541 section 4.4).
    mutating func add(_ entry: Entry) {
        guard entry.size <= self.capacity else { return self.evict(downTo: 0) }
        self.evict(downTo: self.capacity - entry.size)
        self.entries.append(entry)
        self.size += entry.size
    }

    private mutating func evict(downTo size: Int) {
        while self.size > size, self.oldest < self.entries.count {
            self.size -= self.entries[self.oldest].size
            self.entries[self.oldest] = Entry(name: "", value: "", nameSize: 0, valueSize: 0)
            self.oldest += 1
        }
        if self.oldest == self.entries.count {
            self.entries.removeAll(keepingCapacity: self.capacity > 0)
            self.oldest = 0
        } else if self.oldest >= 32, self.oldest * 2 >= self.entries.count {
            self.entries.removeFirst(self.oldest)
            self.oldest = 0
        }
    }

    /// The newest entry with that name, and with that value too if there is one.
    func find(_ name: String, _ value: String, _ hash: HPACKHash) -> (index: Int, matchesValue: Bool)? {
        var sameName: Int?
        var place = self.entries.count
        while place > self.oldest {
            place -= 1
            guard let other = self.entries[place].hash, other.name == hash.name,
                hash.isSame(self.entries[place].name, name)
            else { continue }
            let index = self.entries.count - 1 - place
            if other.field == hash.field, hash.isSame(self.entries[place].value, value) { return (index, true) }
            if sameName == nil { sameName = index }
        }
        return sameName.map { ($0, false) }
    }
}
