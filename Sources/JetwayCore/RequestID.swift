/// The number of a call in logs and refusals: 16 hexadecimal digits, unique in a process and, as good as surely, among several.
public struct RequestID: Sendable, Hashable, CustomStringConvertible {
    private let number: UInt64

    package init(_ number: UInt64) {
        self.number = number
    }

    public var description: String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
