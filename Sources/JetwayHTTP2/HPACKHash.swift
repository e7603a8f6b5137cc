/// Hashes of a field by its bytes.
///
/// `String`'s own equality is not exact: it knows characters with several spellings, and a relay changes none.
struct HPACKHash: Equatable, Sendable {
    let name: UInt64
    let field: UInt64
    private let isASCII: Bool

    private static let factor: UInt64 = 0x9e37_79b9_7f4a_7c15

    init(name: String, value: String) {
        let (name, nameBits) = Self.mix(0xcbf2_9ce4_8422_2325, name)
        let (field, valueBits) = Self.mix(name ^ 0xff, value)
        self.name = name
        self.field = field
        self.isASCII = (nameBits | valueBits) & 0x8080_8080_8080_8080 == 0
    }

    /// Whether a text has the same bytes as `sought`, which is the name or the value that was hashed here.
    ///
    /// A text that is not ASCII but equals an ASCII one has more bytes than that; only beyond ASCII each must be compared.
    func isSame(_ text: String, _ sought: String) -> Bool {
        guard text.utf8.count == sought.utf8.count else { return false }
        return self.isASCII ? text == sought : text.utf8.elementsEqual(sought.utf8)
    }

    private static func mix(_ seed: UInt64, _ text: String) -> (hash: UInt64, bits: UInt64) {
        text.utf8.withContiguousStorageIfAvailable { self.mix(seed, UnsafeRawBufferPointer($0)) }
            ?? Array(text.utf8).withUnsafeBytes { self.mix(seed, $0) }
    }

    /// Eight bytes at a time; the last ones are filled up with zeros, and the length is part of the hash.
    private static func mix(_ seed: UInt64, _ bytes: UnsafeRawBufferPointer) -> (hash: UInt64, bits: UInt64) {
        var hash = seed ^ UInt64(truncatingIfNeeded: bytes.count)
        var seen: UInt64 = 0
        var index = 0
        while bytes.count - index >= 8 {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            seen |= word
            hash = (hash ^ word) &* self.factor
            hash ^= hash >> 29
            index += 8
        }
        var last: UInt64 = 0
        while index < bytes.count {
            last = last << 8 | UInt64(bytes[index])
            index += 1
        }
        hash = (hash ^ last) &* self.factor
        return (hash ^ hash >> 32, seen | last)
    }
}
