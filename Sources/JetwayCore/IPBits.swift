/// The bits of an IP address, as a number.
enum IPBits: Hashable, Sendable {
    case v4(UInt32)
    case v6(UInt128)

    /// The bits before the IPv4 address in an IPv4-mapped one (RFC 4291 section 2.5.5.2).
    static let mappedPrefix = 96
    private static let mappedMark: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]

    /// The address of 4 or 16 bytes in network order; nil for another number of them.
    init?(_ bytes: some Collection<UInt8>) {
        let bytes = Self.mappedIPv4(in: bytes) ?? Array(bytes)
        switch bytes.count {
        case 4: self = .v4(bytes.reduce(0) { $0 << 8 | UInt32($1) })
        case 16: self = .v6(bytes.reduce(0) { $0 << 8 | UInt128($1) })
        default: return nil
        }
    }

    /// The bytes of the IPv4 address in an IPv4-mapped one.
    static func mappedIPv4(in bytes: some Collection<UInt8>) -> [UInt8]? {
        guard bytes.count == 16, bytes.starts(with: mappedMark) else { return nil }
        return Array(bytes.suffix(4))
    }

    /// The address with zeros behind the first `prefix` bits.
    func masked(to prefix: Int) -> IPBits {
        switch self {
        case .v4(let bits): .v4(bits & ~(UInt32.max >> prefix))
        case .v6(let bits): .v6(bits & ~(UInt128.max >> prefix))
        }
    }
}
