/// The facts that are true of a call.
struct FactSet {
    private(set) var numbers: [UInt32] = []
    /// A bit for each fact, by its number's last bits: most questions end here.
    private var filter: UInt64 = 0

    init() { numbers.reserveCapacity(32) }

    mutating func insert(_ number: UInt32) {
        numbers.append(number)
        filter |= 1 << UInt64(number & 63)
    }

    mutating func insert(_ number: UInt32?) {
        if let number { insert(number) }
    }

    @inline(__always)
    func contains(_ number: UInt32) -> Bool {
        filter & (1 << UInt64(number & 63)) != 0 && numbers.contains(number)
    }
}
