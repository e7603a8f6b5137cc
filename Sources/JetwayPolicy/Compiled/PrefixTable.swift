/// Byte strings, of which those are found with which a text begins.
///
/// They lie sorted, each knowing the longest other one that it begins with: a trie whose paths are folded together. The
/// last one that is not behind the text begins with every one that the text begins with, so one search and a walk up
/// find them all.
struct PrefixTable: Sendable {
    private var bytes: [UInt8] = []
    private var ends: [UInt32] = []
    /// The place of the longest other one that it begins with; `none` without.
    private var parents: [UInt32] = []
    private var values: [UInt32] = []
    /// What all begin with.
    private var shared: [UInt8] = []
    /// The eight bytes of each behind that, as a number, so that few steps of a search look at more.
    private var heads: [UInt64] = []

    private static let none = UInt32.max

    /// - Parameter entries: no bytes twice.
    init(_ entries: [(bytes: [UInt8], value: UInt32)] = []) {
        var open: [(bytes: [UInt8], place: UInt32)] = []
        for entry in entries.sorted(by: { $0.bytes.lexicographicallyPrecedes($1.bytes) }) {
            while let last = open.last, !entry.bytes.starts(with: last.bytes) { open.removeLast() }
            parents.append(open.last?.place ?? Self.none)
            open.append((entry.bytes, UInt32(values.count)))
            bytes += entry.bytes
            ends.append(UInt32(bytes.count))
            values.append(entry.value)
        }
        guard var shared = entries.first?.bytes else { return }
        for entry in entries { shared.removeLast(shared.count - zip(shared, entry.bytes).prefix { $0 == $1 }.count) }
        self.shared = shared
        bytes.withUnsafeBytes { bytes in
            heads = ends.indices.map { Self.head(self.entry($0, bytes), from: shared.count) }
        }
    }

    private func entry(_ place: Int, _ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[(place == 0 ? 0 : Int(ends[place - 1]))..<Int(ends[place])])
    }

    /// Eight bytes as a number that is ordered as they are, zeros behind the end.
    private static func head(_ text: UnsafeRawBufferPointer, from start: Int) -> UInt64 {
        if text.count >= start + 8 {
            return UInt64(bigEndian: text.loadUnaligned(fromByteOffset: start, as: UInt64.self))
        }
        var head: UInt64 = 0
        for index in start..<start + 8 { head = head << 8 | (index < text.count ? UInt64(text[index]) : 0) }
        return head
    }

    var isEmpty: Bool { values.isEmpty }

    /// Gives the value of each one that the text begins with.
    func forEachPrefix(of text: UnsafeRawBufferPointer, _ body: (UInt32) -> Void) {
        guard !values.isEmpty, text.starts(with: shared) else { return }
        bytes.withUnsafeBytes { bytes in
            let head = Self.head(text, from: shared.count)
            var low = 0
            var high = values.count
            while low < high {
                let middle = (low + high) / 2
                let other = heads[middle]
                if other > head || other == head && Self.isBehind(entry(middle, bytes), text) {
                    high = middle
                } else {
                    low = middle + 1
                }
            }
            guard low > 0 else { return }
            let common = Self.common(entry(low - 1, bytes), text)
            var place = UInt32(low - 1)
            while place != Self.none {
                if entry(Int(place), bytes).count <= common { body(values[Int(place)]) }
                place = parents[Int(place)]
            }
        }
    }

    /// How many bytes two begin with in common.
    private static func common(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
        let count = min(left.count, right.count)
        var index = 0
        while index + 8 <= count,
            left.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                == right.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        {
            index += 8
        }
        while index < count, left[index] == right[index] { index += 1 }
        return index
    }

    private static func isBehind(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        let common = common(left, right)
        guard common < left.count else { return false }
        return common == right.count || left[common] > right[common]
    }
}
