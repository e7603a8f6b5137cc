internal import JetwayCore
internal import NIOCore

/// Version 2 of the PROXY protocol: a block of bytes (section 2.2).
enum ProxyProtocolBlock {
    static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
    static let maximumLength = fixedLength + 4096
    private static let fixedLength = 16

    /// What the proxy says in the byte behind the signature.
    private enum Command: UInt8 {
        /// The connection is the proxy's own, as for a health check.
        case local = 0x20
        case proxy = 0x21
    }

    /// What the connection to the proxy is made of.
    private enum Transport: UInt8 {
        case unknown = 0x00
        case tcpOverIPv4 = 0x11
        case tcpOverIPv6 = 0x21
        case unixStream = 0x31

        /// The bytes of both its addresses with their ports.
        var addressLength: Int {
            switch self {
            case .unknown: 0
            case .tcpOverIPv4: 12
            case .tcpOverIPv6: 36
            case .unixStream: 216
            }
        }
    }

    /// - Returns: nil if the block is not whole.
    static func parse(_ bytes: ByteBufferView) throws(ProxyProtocolFault) -> ProxyProtocolHeader? {
        guard zip(bytes, signature).allSatisfy({ $0 == $1 }) else { throw .signature }
        guard bytes.count >= fixedLength else { return nil }
        var rest = ByteBuffer(bytes)
        rest.moveReaderIndex(forwardBy: signature.count)
        guard let (command, transport, length) = rest.readMultipleIntegers(as: (UInt8, UInt8, UInt16).self) else {
            return nil
        }
        // All that is wrong so far is found before anything is waited for.
        guard command & 0xF0 == 0x20 else { throw .version }
        guard let command = Command(rawValue: command) else { throw .command }
        guard Int(length) + fixedLength <= maximumLength else { throw .length }
        guard let block = rest.readSlice(length: Int(length)) else { return nil }
        let header = ProxyProtocolHeader(length: fixedLength + Int(length))
        // "The receiver must … discard the protocol block including the family which is ignored."
        if command == .local { return header }
        guard let transport = Transport(rawValue: transport) else { throw .transport }
        guard block.readableBytes >= transport.addressLength else { throw .address }
        try ProxyProtocolFields.check(bytes.prefix(header.length), from: fixedLength + transport.addressLength)
        return ProxyProtocolHeader(source: try source(of: transport, in: block), length: header.length)
    }

    private static func source(
        of transport: Transport, in block: ByteBuffer
    ) throws(ProxyProtocolFault) -> SocketAddress? {
        var block = block
        switch transport {
        case .unknown: return nil
        case .tcpOverIPv4: return try source(in: &block, addressLength: 4)
        case .tcpOverIPv6: return try source(in: &block, addressLength: 16)
        case .unixStream:
            let path = (block.readBytes(length: 108) ?? []).prefix { $0 != 0 }
            // The path is followed by zeros (section 2.2); an abstract or unnamed socket begins with one.
            guard path.count < 108 else { throw .address }
            do {
                return try SocketAddress(unixDomainSocketPath: String(decoding: path, as: UTF8.self))
            } catch {
                throw .address
            }
        }
    }

    private static func source(
        in block: inout ByteBuffer, addressLength: Int
    ) throws(ProxyProtocolFault) -> SocketAddress {
        guard let address = block.readSlice(length: addressLength), block.readSlice(length: addressLength) != nil,
            let port = block.readInteger(as: UInt16.self)
        else { throw .address }
        do {
            return try SocketAddress(packedIPAddress: address, port: Int(port)).withoutMapping
        } catch {
            throw .address
        }
    }
}
