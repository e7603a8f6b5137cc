/// A table of a flatbuffer, read in place with every offset checked.
///
/// Nothing that the bytes say can make a read leave them: what does not fit is nil. The size of the table in its vtable is
/// not looked at: Go's writer lets tables of several sizes share a vtable. The view must outlive the table.
struct FlatTable {
    private let bytes: UnsafeRawBufferPointer
    /// Where the table begins in the flatbuffer.
    let position: Int
    private let slots: Int
    /// Bytes of the vtable, its two leading sizes included.
    private let slotsSize: Int

    /// The root table of `bytes`.
    init?(root bytes: UnsafeRawBufferPointer) {
        guard let offset = bytes.integer(UInt32.self, at: 0) else { return nil }
        self.init(bytes, position: Int(offset))
    }

    fileprivate init?(_ bytes: UnsafeRawBufferPointer, position: Int) {
        // The vtable's offset is signed and subtracted; 64-bit sums of 32-bit offsets cannot overflow.
        guard let back = bytes.integer(Int32.self, at: position) else { return nil }
        let slots = position - Int(back)
        guard let slotsSize = bytes.integer(UInt16.self, at: slots),
            slotsSize >= 4, slotsSize % 2 == 0, slots + Int(slotsSize) <= bytes.count
        else { return nil }
        self.bytes = bytes
        self.position = position
        self.slots = slots
        self.slotsSize = Int(slotsSize)
    }

    /// The scalar in `slot`, `absent` if the table leaves it out, nil if it does not lie inside the table.
    func scalar<Value: FixedWidthInteger>(_ slot: Int, absent: Value) -> Value? {
        guard let place = place(of: slot) else { return absent }
        guard place >= 4 else { return nil }
        return bytes.integer(Value.self, at: position + place)
    }

    /// The table that `slot` refers to; nil if it is left out or does not fit.
    func table(_ slot: Int) -> FlatTable? {
        guard let place = place(of: slot), place >= 4,
            let offset = bytes.integer(UInt32.self, at: position + place)
        else { return nil }
        return FlatTable(bytes, position: position + place + Int(offset))
    }

    /// The vector that `slot` refers to, empty if the table leaves it out, nil if it does not fit.
    ///
    /// - Parameter elementSize: bytes of an element: a scalar's, a struct's, or the 4 of an offset to a table.
    func vector(_ slot: Int, elementSize: Int) -> FlatVector? {
        guard let place = place(of: slot) else { return FlatVector(bytes, start: position, count: 0, elementSize: 1) }
        guard place >= 4, let offset = bytes.integer(UInt32.self, at: position + place) else {
            return nil
        }
        let start = position + place + Int(offset)
        guard let count = bytes.integer(UInt32.self, at: start) else { return nil }
        return FlatVector(bytes, start: start + 4, count: Int(count), elementSize: elementSize)
    }

    /// Whether the table has a value for `slot`.
    func has(_ slot: Int) -> Bool {
        place(of: slot) != nil
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

/// A vector of a flatbuffer, whose elements all lie inside its bytes. The view must outlive the vector.
struct FlatVector {
    let count: Int
    private let bytes: UnsafeRawBufferPointer
    private let start: Int
    private let elementSize: Int

    fileprivate init?(_ bytes: UnsafeRawBufferPointer, start: Int, count: Int, elementSize: Int) {
        // A 32-bit count of elements of a few bytes each cannot overflow.
        guard start >= 0, start <= bytes.count, count * elementSize <= bytes.count - start else { return nil }
        self.bytes = bytes
        self.start = start
        self.count = count
        self.elementSize = elementSize
    }

    /// All elements as they stand.
    var content: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[start..<start + count * elementSize])
    }

    /// The scalar that begins `offset` bytes into the element at `index`; nil if it does not lie inside the vector.
    func scalar<Value: FixedWidthInteger>(_ index: Int, at offset: Int = 0, as type: Value.Type) -> Value? {
        guard index >= 0, index < count, offset >= 0, offset + MemoryLayout<Value>.size <= elementSize else {
            return nil
        }
        return bytes.integer(type, at: start + index * elementSize + offset)
    }

    /// The table that the element at `index` refers to; nil if it does not fit.
    func table(_ index: Int) -> FlatTable? {
        guard let offset = scalar(index, as: UInt32.self) else { return nil }
        return FlatTable(bytes, position: start + index * elementSize + Int(offset))
    }
}

extension UnsafeRawBufferPointer {
    /// The little-endian integer at `offset`, or nil if it does not lie inside the view.
    fileprivate func integer<Value: FixedWidthInteger>(_: Value.Type, at offset: Int) -> Value? {
        guard offset >= 0, offset <= count - MemoryLayout<Value>.size else { return nil }
        return Value(littleEndian: loadUnaligned(fromByteOffset: offset, as: Value.self))
    }
}
