internal import NIOCore

/// Header blocks that were decoded since the table last changed, and what they gave: sixteen places, by a hash.
struct DecodedBlocks {
    /// Longer blocks are not remembered: they cost memory, and seldom repeat.
    private static let longest = 512
    private static let factor: UInt64 = 0x9e37_79b9_7f4a_7c15

    /// One array for each part of an entry, so that a look takes no copies. Blocks are copies: they were slices of a read
    /// buffer. An epoch of 0 is an empty place.
    private var keys: [UInt64] = []
    private var epochs: [UInt64] = []
    private var blocks: [ByteBuffer] = []
    private var lists: [HeaderList?] = []
    private var epoch: UInt64 = 1

    /// A hash of the block's bytes; nil for blocks that are not remembered.
    static func key(of block: ByteBuffer) -> UInt64? {
        let bytes = block.readableBytesSpan
        let count = bytes.byteCount
        guard count <= Self.longest else { return nil }
        var hash = UInt64(truncatingIfNeeded: count) &* Self.factor
        var index = 0
        while count - index >= 8 {
            hash = (hash ^ bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)) &* Self.factor
            hash ^= hash >> 29
            index += 8
        }
        while index < count {
            hash = (hash ^ UInt64(bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self))) &* 0x100_0000_01b3
            index += 1
        }
        return hash ^ hash >> 32
    }

    func list(for block: ByteBuffer, key: UInt64) -> HeaderList? {
        let place = Int(key & 15)
        guard !self.keys.isEmpty, self.keys[place] == key, self.epochs[place] == self.epoch, self.blocks[place] == block
        else { return nil }
        return self.lists[place]
    }

    mutating func remember(_ list: HeaderList, for block: ByteBuffer, key: UInt64) {
        if self.keys.isEmpty {
            self.keys = Array(repeating: 0, count: 16)
            self.epochs = Array(repeating: 0, count: 16)
            self.blocks = Array(repeating: ByteBuffer(), count: 16)
            self.lists = Array(repeating: nil, count: 16)
        }
        let place = Int(key & 15)
        self.keys[place] = key
        self.epochs[place] = self.epoch
        self.blocks[place] = ByteBuffer(bytes: block.readableBytesView)
        self.lists[place] = list
    }

    /// Nothing that was decoded before holds any more.
    mutating func tableChanged() {
        self.epoch &+= 1
    }
}

/// Blocks that were encoded since the table last changed: sixteen places, by the list's address. The lists are kept, so
/// an address stays the list's own.
struct EncodedBlocks {
    private struct Entry {
        var epoch: UInt64
        var list: HeaderList
        var block: ByteBuffer
    }

    private static let longest = 1024

    private var entries: [Entry?] = []
    private var epoch: UInt64 = 0

    private static func place(of list: HeaderList) -> Int {
        let address = UInt64(UInt(bitPattern: ObjectIdentifier(list)))
        return Int((address &* 0x9e37_79b9_7f4a_7c15) >> 60)
    }

    /// Appends the block of a list that is remembered.
    func write(_ list: HeaderList, to buffer: inout ByteBuffer) -> Bool {
        guard !self.entries.isEmpty, let entry = self.entries[Self.place(of: list)], entry.list === list,
            entry.epoch == self.epoch
        else { return false }
        buffer.writeImmutableBuffer(entry.block)
        return true
    }

    mutating func remember(_ list: HeaderList, block: ByteBufferView) {
        guard block.count <= Self.longest else { return }
        if self.entries.isEmpty { self.entries = Array(repeating: nil, count: 16) }
        self.entries[Self.place(of: list)] = Entry(epoch: self.epoch, list: list, block: ByteBuffer(bytes: block))
    }

    mutating func tableChanged() {
        self.epoch &+= 1
    }
}
