import NIOCore
import TestSupport
import Testing

@testable import JetwayRelay

/// Headers of version 2, made of their parts.
func proxyBlock(
    command: UInt8 = 0x21, transport: UInt8 = 0x11, length: UInt16? = nil, _ block: [UInt8]
) -> [UInt8] {
    let length = length ?? UInt16(block.count)
    return hexBytes("0d0a0d0a000d0a515549540a") + [command, transport, UInt8(length >> 8), UInt8(length & 0xFF)] + block
}

@Suite struct ProxyProtocolHeaderTests {
    private static let v4Block = hexBytes("cb007109 0a000001 d431 01bb")

    private func parse(_ text: String) -> ProxyProtocolHeader.Parsed {
        ProxyProtocolHeader.parse(ByteBuffer(string: text))
    }

    private func parse(_ bytes: [UInt8]) -> ProxyProtocolHeader.Parsed {
        ProxyProtocolHeader.parse(ByteBuffer(bytes: bytes))
    }

    private func source(of parsed: ProxyProtocolHeader.Parsed) -> SocketAddress? {
        if case .header(let header) = parsed { header.source } else { nil }
    }

    @Test(
        "A line names the client's address and port",
        arguments: [
            ("PROXY TCP4 203.0.113.9 10.0.0.1 54321 443\r\n", "203.0.113.9", 54321),
            ("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255", 65535),
            ("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "0.0.0.0", 0),
            ("PROXY TCP6 2001:db8::1 2001:DB8::2 1 2\r\n", "2001:db8::1", 1),
            ("PROXY TCP6 ::ffff:203.0.113.9 ::1 7 8\r\n", "203.0.113.9", 7),
        ])
    func line(text: String, address: String, port: Int) throws {
        let expected = try SocketAddress(ipAddress: address, port: port)
        #expect(parse(text) == .header(ProxyProtocolHeader(source: expected, length: text.utf8.count)))
        #expect(parse(text + "PRI *") == .header(ProxyProtocolHeader(source: expected, length: text.utf8.count)))
    }

    @Test(
        "A proxy that does not know its client leaves the connection's own address",
        arguments: [
            "PROXY UNKNOWN\r\n", "PROXY UNKNOWN 1 2 3 whatever\r\n",
            "PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n",
        ])
    func unknown(text: String) {
        #expect(parse(text) == .header(ProxyProtocolHeader(length: text.utf8.count)))
    }

    @Test(
        "A line that is wrong in any place is refused",
        arguments: [
            ("PRI * HTTP/2.0\r\n", ProxyProtocolFault.signature), ("proxy TCP4", .signature), ("PROXZ", .signature),
            ("PROXY TCP5 1.1.1.1 1.1.1.1 1 1\r\n", .transport), ("PROXY \r\n", .transport),
            ("PROXY tcp4 1.1.1.1 1.1.1.1 1 1\r\n", .transport), ("PROXY  TCP4 1.1.1.1 1.1.1.1 1 1\r\n", .transport),
            ("PROXY TCP4 1.1.1.1 1.1.1.1 1\r\n", .address), ("PROXY TCP4 1.1.1.1 1.1.1.1 1 1 \r\n", .address),
            ("PROXY TCP4 1.1.1.1  1.1.1.1 1 1\r\n", .address), ("PROXY TCP4 ::1 ::1 1 1\r\n", .address),
            ("PROXY TCP6 1.1.1.1 1.1.1.1 1 1\r\n", .address), ("PROXY TCP4 1.1.1.1\0 1.1.1.1 1 1\r\n", .address),
            ("PROXY TCP4 1.1.1.256 1.1.1.1 1 1\r\n", .address), ("PROXY TCP4 1.1.1.1 localhost 1 1\r\n", .address),
            ("PROXY TCP4 01.1.1.1 1.1.1.1 1 1\r\n", .address), ("PROXY TCP6 fe80::1%1 ::1 1 1\r\n", .address),
            ("PROXY TCP4 1.1.1.1 1.1.1.1 65536 1\r\n", .port), ("PROXY TCP4 1.1.1.1 1.1.1.1 1 65536\r\n", .port),
            ("PROXY TCP4 1.1.1.1 1.1.1.1 01 1\r\n", .port), ("PROXY TCP4 1.1.1.1 1.1.1.1 +1 1\r\n", .port),
            ("PROXY TCP4 1.1.1.1 1.1.1.1 1 1\n", .signature), ("PROXY TCP4 1.1.1.1 1.1.1.1  1\r\n", .port),
            ("PROXY UNKNOWN" + String(repeating: "x", count: 94), .length),
        ])
    func wrongLine(text: String, fault: ProxyProtocolFault) {
        #expect(parse(text) == .malformed(fault))
    }

    @Test("The longest line is 107 bytes")
    func longest() {
        let line = "PROXY UNKNOWN " + String(repeating: "x", count: 91) + "\r\n"
        #expect(line.utf8.count == 107)
        #expect(parse(line) == .header(ProxyProtocolHeader(length: 107)))
        #expect(parse(String(line.dropLast())) == .needsMore)
    }

    @Test("A block names the client's address and port")
    func block() throws {
        let v4 = proxyBlock(Self.v4Block)
        #expect(source(of: parse(v4)) == (try SocketAddress(ipAddress: "203.0.113.9", port: 54321)))
        let v6 = proxyBlock(
            transport: 0x21,
            hexBytes("20010db8000000000000000000000001 20010db8000000000000000000000002 d431 01bb"))
        #expect(source(of: parse(v6)) == (try SocketAddress(ipAddress: "2001:db8::1", port: 54321)))
        let mapped = proxyBlock(
            transport: 0x21,
            hexBytes("00000000000000000000ffffcb007109 00000000000000000000ffff0a000001 d431 01bb"))
        #expect(source(of: parse(mapped)) == (try SocketAddress(ipAddress: "203.0.113.9", port: 54321)))
    }

    @Test("A block names the path of a unix socket")
    func unixSocket() throws {
        func block(_ path: [UInt8]) -> [UInt8] {
            proxyBlock(transport: 0x31, path + [UInt8](repeating: 0, count: 216 - path.count))
        }
        let path = "/run/client.sock"
        #expect(source(of: parse(block(Array(path.utf8)))) == (try SocketAddress(unixDomainSocketPath: path)))
        #expect(source(of: parse(block([])))?.pathname == "")
        #expect(parse(block([UInt8](repeating: 0x61, count: 108))) == .malformed(.address))
    }

    @Test("The proxy's own connections keep their address, whatever else the block says")
    func local() {
        #expect(parse(proxyBlock(command: 0x20, transport: 0, [])) == .header(ProxyProtocolHeader(length: 16)))
        let block = proxyBlock(command: 0x20, transport: 0xFF, [1, 2, 3])
        #expect(parse(block) == .header(ProxyProtocolHeader(length: 19)))
        #expect(parse(proxyBlock(transport: 0, [])) == .header(ProxyProtocolHeader(length: 16)))
    }

    @Test("The fields behind the addresses are passed over")
    func fields() throws {
        let block = proxyBlock(Self.v4Block + hexBytes("01 0002 6832 04 0000 ea 0003 010203"))
        let expected = try SocketAddress(ipAddress: "203.0.113.9", port: 54321)
        #expect(parse(block + [1, 2]) == .header(ProxyProtocolHeader(source: expected, length: block.count)))
        let largest = proxyBlock(Self.v4Block + hexBytes("ea 0ff1") + [UInt8](repeating: 7, count: 4081))
        #expect(parse(largest) == .header(ProxyProtocolHeader(source: expected, length: 16 + 4096)))
    }

    @Test("A checksum is verified")
    func checksum() throws {
        // CRC32C of the block with four zeros in the checksum's place.
        let fields = hexBytes("04 0001 00 03 0004")
        let right = proxyBlock(Self.v4Block + fields + hexBytes("e5beeda9"))
        #expect(source(of: parse(right)) == (try SocketAddress(ipAddress: "203.0.113.9", port: 54321)))
        let wrong = right.enumerated().map { $0.offset == 16 ? $0.element ^ 1 : $0.element }
        #expect(parse(wrong) == .malformed(.checksum))
        #expect(parse(proxyBlock(Self.v4Block + hexBytes("03 0003 000000"))) == .malformed(.checksum))
    }

    @Test(
        "A block that is wrong in any place is refused",
        arguments: [
            (hexBytes("0d0a0d0a000d0a515549540b"), ProxyProtocolFault.signature), (hexBytes("0d0d"), .signature),
            (proxyBlock(command: 0x11, v4Block), .version), (proxyBlock(command: 0x31, v4Block), .version),
            (proxyBlock(command: 0x22, v4Block), .command), (proxyBlock(transport: 0x12, v4Block), .transport),
            (proxyBlock(transport: 0x41, v4Block), .transport), (proxyBlock(transport: 0x10, v4Block), .transport),
            (proxyBlock(transport: 0x21, v4Block), .address), (proxyBlock(Array(v4Block.dropLast())), .address),
            (proxyBlock(length: 4097, []), .length), (proxyBlock(length: 65535, []), .length),
            (proxyBlock(v4Block + hexBytes("01")), .fields), (proxyBlock(v4Block + hexBytes("01 0003 6832")), .fields),
        ])
    func wrongBlock(bytes: [UInt8], fault: ProxyProtocolFault) {
        #expect(parse(bytes) == .malformed(fault))
    }

    @Test("Every beginning of a header needs more, and no more than the header")
    func beginnings() {
        let line = Array("PROXY TCP4 203.0.113.9 10.0.0.1 54321 443\r\n".utf8)
        let block = proxyBlock(Self.v4Block + hexBytes("01 0002 6832"))
        for header in [line, block] {
            for count in 0..<header.count { #expect(parse(Array(header.prefix(count))) == .needsMore) }
            #expect(source(of: parse(header)) != nil)
        }
    }

    @Test("No bytes make the parser trap", arguments: [1, 2, 3, 4])
    func random(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let seeds = [
            Array("PROXY TCP4 203.0.113.9 10.0.0.1 54321 443\r\n".utf8),
            proxyBlock(Self.v4Block + hexBytes("03 0004 00000000 01 0002 6832")),
            proxyBlock(transport: 0x31, [UInt8](repeating: 0, count: 216)),
        ]
        for header in seeds {
            for _ in 0..<2000 {
                var bytes = header
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(
                        in: 0...255, using: &generator)
                }
                bytes.removeLast(Int.random(in: 0...bytes.count / 2, using: &generator))
                if case .header(let header) = parse(bytes) { #expect(header.length <= bytes.count) }
            }
        }
    }
}
