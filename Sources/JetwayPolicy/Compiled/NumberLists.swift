/// Many short lists of numbers in two arrays.
struct NumberLists: Sendable {
    private var starts: [UInt32] = [0]
    private var numbers: [UInt32] = []

    init() {}

    /// A list for each key from 0 to just below `count`; numbers stay in their order.
    init(count: Int, _ pairs: [(key: UInt32, number: UInt32)]) {
        starts = Array(repeating: 0, count: count + 1)
        for pair in pairs { starts[Int(pair.key) + 1] += 1 }
        for index in 0..<count { starts[index + 1] += starts[index] }
        var next = starts
        numbers = Array(repeating: 0, count: pairs.count)
        for pair in pairs {
            numbers[Int(next[Int(pair.key)])] = pair.number
            next[Int(pair.key)] += 1
        }
    }

    mutating func append(_ list: some Sequence<UInt32>) {
        numbers += list
        starts.append(UInt32(numbers.count))
    }

    var count: Int { starts.count - 1 }

    @inline(__always)
    func range(_ key: UInt32) -> Range<Int> {
        Int(starts[Int(key)])..<Int(starts[Int(key) + 1])
    }

    subscript(key: UInt32) -> ArraySlice<UInt32> { numbers[range(key)] }

    @inline(__always)
    func number(at index: Int) -> UInt32 { numbers[index] }
}
