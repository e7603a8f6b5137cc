internal import JetwayCore
internal import NIOCore

/// Version 1 of the PROXY protocol: a line of text (section 2.1).
enum ProxyProtocolLine {
    static let maximumLength = 107
    private static let signature = Array("PROXY ".utf8)

    /// - Returns: nil if the line is not whole.
    static func parse(_ bytes: ByteBufferView) throws(ProxyProtocolFault) -> ProxyProtocolHeader? {
        guard zip(bytes, signature).allSatisfy({ $0 == $1 }) else { throw .signature }
        let line = bytes.prefix(maximumLength)
        guard let end = line.firstIndex(of: UInt8(ascii: "\n")) else {
            guard line.count < maximumLength else { throw .length }
            return nil
        }
        let text = line[..<end].dropFirst(signature.count)
        guard text.last == UInt8(ascii: "\r") else { throw .signature }
        return ProxyProtocolHeader(
            source: try source(String(decoding: text.dropLast(), as: UTF8.self)),
            length: line.distance(from: line.startIndex, to: end) + 1)
    }

    private static func source(_ text: String) throws(ProxyProtocolFault) -> SocketAddress? {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        // "The receiver must ignore anything presented before the CRLF is found."
        if words.first == "UNKNOWN" { return nil }
        guard let family = words.first.flatMap({ Family(rawValue: String($0)) }) else { throw .transport }
        guard words.count == 5 else { throw .address }
        guard let port = port(words[3]), Self.port(words[4]) != nil else { throw .port }
        guard let source = address(words[1], of: family, port: port), address(words[2], of: family, port: 0) != nil
        else {
            throw .address
        }
        return source
    }

    private enum Family: String {
        case v4 = "TCP4"
        case v6 = "TCP6"
    }

    private static func address(_ text: Substring, of family: Family, port: Int) -> SocketAddress? {
        // The system would take more than that: zones (`%1`), and nothing behind a NUL.
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
                UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: ":"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard isPlain, let address = try? SocketAddress(ipAddress: String(text), port: port) else { return nil }
        switch (family, address) {
        case (.v4, .v4): return address
        case (.v6, .v6): return address.withoutMapping
        default: return nil
        }
    }

    /// A decimal number without leading zeros.
    private static func port(_ text: Substring) -> Int? {
        guard text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
            text == "0" || text.first != "0", let number = UInt16(text)
        else { return nil }
        return Int(number)
    }
}
