/// Numbers by byte strings: a hash table that is filled once.
///
/// Its keys are the policy's own, so that no caller can make it slow; and equal are only equal bytes, unlike for
/// `String`.
struct ByteTable: Sendable {
    /// A power of two, at most half of them taken; an entry's place plus one, 0 for none.
    private var slots: [UInt32]
    private var bytes: [UInt8] = []
    /// Where each entry's bytes end; they begin where the one before ends.
    private var ends: [UInt32] = []
    private var values: [UInt32] = []

    /// - Parameter entries: no bytes twice.
    init(_ entries: [(bytes: [UInt8], value: UInt32)] = []) {
        var size = 4
        while size < entries.count * 2 { size *= 2 }
        slots = Array(repeating: 0, count: size)
        for entry in entries {
            bytes += entry.bytes
            ends.append(UInt32(bytes.count))
            values.append(entry.value)
            var slot = entry.bytes.withUnsafeBytes(Self.hash) & (size - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (size - 1) }
            slots[slot] = UInt32(values.count)
        }
    }

    var isEmpty: Bool { values.isEmpty }

    func value(of key: UnsafeRawBufferPointer) -> UInt32? {
        guard !values.isEmpty else { return nil }
        var slot = Self.hash(key) & (slots.count - 1)
        while slots[slot] != 0 {
            let place = Int(slots[slot]) - 1
            let start = place == 0 ? 0 : Int(ends[place - 1])
            if Int(ends[place]) - start == key.count,
                bytes.withUnsafeBytes({ $0[start..<start + key.count].elementsEqual(key) })
            {
                return values[place]
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    /// Eight bytes at a time, each folded in by a multiplication (as in FNV and wyhash).
    private static func hash(_ key: UnsafeRawBufferPointer) -> Int {
        var hash = UInt64(truncatingIfNeeded: key.count) &* 0x9e37_79b9_7f4a_7c15
        var rest = key[...]
        while rest.count >= 8 {
            let word = key.loadUnaligned(fromByteOffset: rest.startIndex, as: UInt64.self)
            hash = fold(hash ^ word)
            rest = rest.dropFirst(8)
        }
        var last: UInt64 = 0
        for byte in rest { last = last << 8 | UInt64(byte) }
        return Int(truncatingIfNeeded: fold(hash ^ last) >> 1)
    }

    private static func fold(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0xd6e8_feb8_6659_fd93)
        return product.high ^ product.low
    }
}
