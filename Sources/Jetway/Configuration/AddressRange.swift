internal import StrictJSON

/// Addresses with a common prefix, as CIDR: `10.0.0.0/8`.
package struct AddressRange: Sendable, Hashable, CustomStringConvertible {
    package let description: String
    /// The 4 or 16 bytes of the first address.
    package let first: [UInt8]
    /// Bits that all have in common.
    package let prefix: Int

    init(parsing text: String) throws(JSONMismatch) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let bytes = IPAddress.bytes(of: String(parts[0])),
            parts[1].allSatisfy({ ("0"..."9").contains($0) }), let prefix = Int(parts[1]),
            prefix <= bytes.count * 8
        else { throw JSONMismatch("is no range of addresses", hint: "write it as 10.0.0.0/8 or fd00::/8") }
        guard Self.masked(bytes, to: prefix) == bytes else {
            throw JSONMismatch("has bits behind its prefix of \(prefix)")
        }
        self.description = text
        self.first = bytes
        self.prefix = prefix
    }

    /// Whether an address of 4 or 16 bytes is one of them.
    package func contains(_ address: [UInt8]) -> Bool {
        address.count == first.count && Self.masked(address, to: prefix) == first
    }

    private static func masked(_ bytes: [UInt8], to prefix: Int) -> [UInt8] {
        bytes.enumerated().map { index, byte in
            let bits = min(8, max(0, prefix - index * 8))
            return byte & ~UInt8(truncatingIfNeeded: 0xFF >> bits)
        }
    }
}
