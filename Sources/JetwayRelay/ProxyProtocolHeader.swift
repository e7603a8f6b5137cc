internal import NIOCore

/// What a proxy says at the front of a connection about whom it speaks for (haproxy's proxy-protocol.txt, versions 1 and 2).
struct ProxyProtocolHeader: Equatable, Sendable {
    /// Whom the proxy speaks for; nil if for itself, or if it does not know: then the connection's own address holds.
    var source: SocketAddress?
    /// The header's bytes.
    var length: Int

    /// What the first bytes of a connection are.
    enum Parsed: Equatable {
        /// A header that has not arrived whole.
        case needsMore
        case header(ProxyProtocolHeader)
        case malformed(ProxyProtocolFault)
    }

    /// The most that is looked at: the longest line of version 1 is 107 bytes; in version 2 the fields behind the addresses have
    /// room for a client's certificate.
    static let maximumLength = max(ProxyProtocolLine.maximumLength, ProxyProtocolBlock.maximumLength)

    /// Reads the header at the front of a buffer. Nothing is taken out of it.
    ///
    /// Bytes that cannot become a header are found with the first that is wrong: a receiver must not guess whether there is
    /// one (section 2).
    static func parse(_ buffer: ByteBuffer) -> Parsed {
        let bytes = buffer.readableBytesView
        guard let first = bytes.first else { return .needsMore }
        do throws(ProxyProtocolFault) {
            let header =
                first == ProxyProtocolBlock.signature[0]
                ? try ProxyProtocolBlock.parse(bytes) : try ProxyProtocolLine.parse(bytes)
            return header.map(Parsed.header) ?? .needsMore
        } catch {
            return .malformed(error)
        }
    }
}

/// Why the first bytes of a connection are no header of the PROXY protocol.
enum ProxyProtocolFault: Error, Equatable, Sendable {
    /// They begin like neither version.
    case signature
    /// Neither TCP4, TCP6 nor UNKNOWN; in version 2 a protocol that a stream cannot come from.
    case transport
    case address
    case port
    /// More than any header has.
    case length
    case version
    case command
    /// The fields behind the addresses do not fit into the header.
    case fields
    case checksum
    /// No whole header came in time.
    case timeout
}
