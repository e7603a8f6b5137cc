/// A table of a flatbuffer, read in place with every offset checked.
///
/// Nothing that the bytes say can make a read leave them: what does not fit is nil. The view must outlive the table.
struct FlatTable {
    private let bytes: UnsafeRawBufferPointer
    private let position: Int
    /// Bytes of the table itself, its leading offset included.
    private let size: Int
    private let slots: Int
    /// Bytes of the vtable, its two leading sizes included.
    private let slotsSize: Int

    /// The root table of `bytes`.
    init?(root bytes: UnsafeRawBufferPointer) {
        guard let offset = bytes.integer(UInt32.self, at: 0) else { return nil }
        self.init(bytes, position: Int(offset))
    }

    private init?(_ bytes: UnsafeRawBufferPointer, position: Int) {
        // The vtable's offset is signed and subtracted; 64-bit sums of 32-bit offsets cannot overflow.
        guard let back = bytes.integer(Int32.self, at: position) else { return nil }
        let slots = position - Int(back)
        guard let slotsSize = bytes.integer(UInt16.self, at: slots),
            let size = bytes.integer(UInt16.self, at: slots + 2),
            slotsSize >= 4, slotsSize % 2 == 0, slots + Int(slotsSize) <= bytes.count,
            size >= 4, position + Int(size) <= bytes.count
        else { return nil }
        self.bytes = bytes
        self.position = position
        self.size = Int(size)
        self.slots = slots
        self.slotsSize = Int(slotsSize)
    }

    /// The scalar in `slot`, `absent` if the table leaves it out, nil if it does not lie inside the table.
    func scalar<Value: FixedWidthInteger>(_ slot: Int, absent: Value) -> Value? {
        guard let place = place(of: slot) else { return absent }
        guard place >= 4, place + MemoryLayout<Value>.size <= size else { return nil }
        return bytes.integer(Value.self, at: position + place)
    }

    /// The table that `slot` refers to; nil if it is left out or does not fit.
    func table(_ slot: Int) -> FlatTable? {
        guard let place = place(of: slot), place >= 4, place + 4 <= size,
            let offset = bytes.integer(UInt32.self, at: position + place)
        else { return nil }
        return FlatTable(bytes, position: position + place + Int(offset))
    }

    /// Where the value of `slot` lies in the table, counted from the table's start.
    private func place(of slot: Int) -> Int? {
        let entry = 4 + slot * 2
        guard entry + 2 <= slotsSize, let place = bytes.integer(UInt16.self, at: slots + entry), place != 0 else {
            return nil
        }
        return Int(place)
    }
}

extension UnsafeRawBufferPointer {
    /// The little-endian integer at `offset`, or nil if it does not lie inside the view.
    fileprivate func integer<Value: FixedWidthInteger>(_: Value.Type, at offset: Int) -> Value? {
        guard offset >= 0, offset <= count - MemoryLayout<Value>.size else { return nil }
        return Value(littleEndian: loadUnaligned(fromByteOffset: offset, as: Value.self))
    }
}
