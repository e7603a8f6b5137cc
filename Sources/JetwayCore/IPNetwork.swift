#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// A network of IP addresses in CIDR form (RFC 4632, RFC 4291 section 2.3): `10.0.0.0/8`, `fd00::/8`.
///
/// An IPv4 address in the clothes of IPv6 (`::ffff:10.0.0.1`, RFC 4291 section 2.5.5.2) is the IPv4 address: that is how a socket
/// that serves both shows it. No network of IPv6 proper has it, `::/0` neither.
package struct IPNetwork: Sendable, Hashable {
    /// Why a text is no network.
    package enum Problem: Error, Equatable, Sendable {
        case notAnAddress
        /// The prefix is no number, or longer than an address of `bits`.
        case notAPrefix(bits: Int)
        /// The address has ones behind the prefix, so that it is not clear what was meant.
        case bitsBehindPrefix
    }

    let address: IPBits
    /// How many bits at the front its addresses have in common.
    package let prefix: Int

    /// A network as text; an address alone is a network of one.
    package init(parsing text: String) throws(Problem) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let bytes = Self.bytes(of: first) else { throw .notAnAddress }
        let bits = bytes.count * 8
        var prefix = bits
        if parts.count == 2 {
            let digits = parts[1]
            guard digits.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let number = Int(digits),
                number <= bits
            else { throw .notAPrefix(bits: bits) }
            prefix = number
        }
        guard let network = IPNetwork(first: bytes, prefix: prefix) else { throw .bitsBehindPrefix }
        self = network
    }

    /// A network by its first address; nil if that has bits behind the prefix, or is none.
    ///
    /// - Parameter first: 4 or 16 bytes.
    package init?(first: some Collection<UInt8>, prefix: Int) {
        guard prefix >= 0, prefix <= first.count * 8 else { return nil }
        guard let address = IPBits(first) else { return nil }
        // A prefix that ends before a mapped address has the mark behind it, and so bits.
        let prefix = IPBits.mappedIPv4(in: first) == nil ? prefix : prefix - IPBits.mappedPrefix
        guard prefix >= 0, address.masked(to: prefix) == address else { return nil }
        self.address = address
        self.prefix = prefix
    }

    /// The network of that prefix that has the address.
    init(of address: IPBits, prefix: Int) {
        self.address = address.masked(to: prefix)
        self.prefix = prefix
    }

    private static func bytes(of text: Substring) -> [UInt8]? {
        // The C library would end at the first NUL and not see what is behind it.
        guard !text.utf8.contains(0) else { return nil }
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, String(text), &bytes) == 1 { return bytes }
        }
        return nil
    }
}

extension IPNetwork.Problem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notAnAddress: "is no IP address"
        case .notAPrefix(let bits): "needs a prefix from 0 to \(bits)"
        case .bitsBehindPrefix: "has bits behind its prefix"
        }
    }
}
