package import NIOCore

extension SocketAddress {
    /// The address without its port, in network order: 4 bytes, also of an IPv4-mapped address of IPv6, or 16; nil if it is none
    /// of IP.
    package var ipBytes: [UInt8]? {
        // Read where the system's structures have them: `sin_addr` and `sin6_addr`.
        switch self {
        case .v4: bytes(in: 4..<8)
        case .v6: bytes(in: 8..<24).map { IPBits.mappedIPv4(in: $0) ?? $0 }
        case .unixDomainSocket: nil
        }
    }

    /// The address in the form that rules and limits know: an IPv4-mapped one of IPv6 (RFC 4291 section 2.5.5.2), as a socket
    /// shows it that serves both, becomes the IPv4 address.
    package var withoutMapping: SocketAddress {
        guard case .v6 = self, let bytes = ipBytes, bytes.count == 4 else { return self }
        return (try? SocketAddress(packedIPAddress: ByteBuffer(bytes: bytes), port: port ?? 0)) ?? self
    }

    private func bytes(in range: Range<Int>) -> [UInt8]? {
        withSockAddr { address, size in
            let bytes = UnsafeRawBufferPointer(start: address, count: size)
            return range.upperBound <= bytes.count ? Array(bytes[range]) : nil
        }
    }
}
