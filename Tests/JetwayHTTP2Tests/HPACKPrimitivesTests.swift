import NIOCore
import Testing

@testable import JetwayHTTP2

@Suite("HPACK integers, strings and tables")
struct HPACKPrimitivesTests {
    @Test("Integers are written and read as RFC 7541 section 5.1 shows them")
    func integers() throws {
        let examples: [(value: Int, prefix: Int, bytes: [UInt8])] = [
            (10, 5, [10]), (1337, 5, [31, 154, 10]), (42, 8, [42]), (31, 5, [31, 0]), (30, 5, [30]),
            (Int(UInt32.max), 7, [127, 0x80, 0xff, 0xff, 0xff, 0x0f]), (127, 7, [127, 0]), (0, 1, [0]), (1, 1, [1, 0]),
        ]
        for (value, prefix, bytes) in examples {
            var buffer = ByteBuffer()
            buffer.writeHPACKInteger(value, prefix: prefix, pattern: 0)
            #expect(Array(buffer.readableBytesView) == bytes)
            var place = 0
            #expect(try buffer.readableBytesUInt8Span.hpackInteger(at: &place, prefix: prefix) == value)
            #expect(place == bytes.count)
        }
    }

    @Test(
        "Integers that are cut off, too long or too large are refused",
        arguments: [
            [], [31], [31, 0x80], [31, 0xff, 0xff, 0xff, 0xff, 0x7f], [31, 0x80, 0x80, 0x80, 0x80, 0x80, 0],
            [31, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1],
            [31, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], [31, 0xe1, 0xff, 0xff, 0xff, 0x0f],
        ] as [[UInt8]])
    func badIntegers(bytes: [UInt8]) {
        var place = 0
        #expect(throws: ConnectionFault.self) {
            try ByteBuffer(bytes: bytes).readableBytesUInt8Span.hpackInteger(at: &place, prefix: 5)
        }
    }

    @Test("The Huffman code gives the strings of RFC 7541 appendix C")
    func huffmanExamples() {
        let examples: [(text: String, bytes: [UInt8])] = [
            ("www.example.com", [0xf1, 0xe3, 0xc2, 0xe5, 0xf2, 0x3a, 0x6b, 0xa0, 0xab, 0x90, 0xf4, 0xff]),
            ("no-cache", [0xa8, 0xeb, 0x10, 0x64, 0x9c, 0xbf]),
            ("custom-value", [0x25, 0xa8, 0x49, 0xe9, 0x5b, 0xb8, 0xe8, 0xb4, 0xbf]),
            (
                "Mon, 21 Oct 2013 20:13:21 GMT",
                [
                    0xd0, 0x7a, 0xbe, 0x94, 0x10, 0x54, 0xd4, 0x44, 0xa8, 0x20, 0x05, 0x95, 0x04, 0x0b, 0x81, 0x66,
                    0xe0, 0x82,
                    0xa6, 0x2d, 0x1b, 0xff,
                ]
            ),
            ("", []),
        ]
        for (text, bytes) in examples {
            var buffer = ByteBuffer()
            HPACKHuffman.code.encode(text.utf8, into: &buffer)
            #expect(Array(buffer.readableBytesView) == bytes)
            #expect(HPACKHuffman.code.encodedLength(text.utf8) == bytes.count)
            var output: [UInt8] = []
            #expect(HPACKHuffman.code.decode(ByteBuffer(bytes: bytes).readableBytesUInt8Span, into: &output))
            #expect(output == Array(text.utf8))
        }
    }

    @Test("Every octet, alone and next to every other, comes back from the Huffman code")
    func huffmanOctets() {
        // Encoding takes text; decoding is checked for all octets through the scalars whose UTF-8 holds them.
        for scalar in (0...0x10ffff).lazy.compactMap(UnicodeScalar.init).enumerated()
        where scalar.offset % 211 == 0 || scalar.offset < 2100 {
            let text = "a\(scalar.element)\(scalar.element)~"
            var buffer = ByteBuffer()
            HPACKHuffman.code.encode(text.utf8, into: &buffer)
            var output: [UInt8] = []
            guard HPACKHuffman.code.decode(buffer.readableBytesUInt8Span, into: &output),
                output.elementsEqual(text.utf8)
            else {
                Issue.record("U+\(String(scalar.element.value, radix: 16))")
                return
            }
        }
    }

    @Test(
        "Huffman strings with EOS, with a byte of padding or with padding of zeros are refused",
        arguments: [
            [0xff, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0xfc], [0x00, 0xff, 0xff, 0xff, 0xff, 0xff], [0xff],
            [0x1f, 0xff], [0x1f, 0xff, 0xff], [0x18], [0x1e], [0x07, 0xff], [0x00], [0xfe],
        ] as [[UInt8]])
    func badHuffman(bytes: [UInt8]) {
        var output: [UInt8] = []
        let accepted = HPACKHuffman.code.decode(ByteBuffer(bytes: bytes).readableBytesUInt8Span, into: &output)
        // 0x1f is "a" and three ones; a byte of zeros is "0" and three zeros.
        #expect(!accepted, "gave \(output)")
    }

    @Test("The static table is RFC 7541's and finds each of its fields by name and by both")
    func staticTable() throws {
        let table = HPACKStaticTable.table
        #expect(table[0] == nil && table[HPACKStaticTable.count + 1] == nil)
        #expect(table[1]?.name == ":authority" && table[61]?.name == "www-authenticate")
        for index in 1...HPACKStaticTable.count {
            let field = try #require(table[index])
            let hash = HPACKHash(name: field.name, value: field.value)
            let found = try #require(table.find(field.name, field.value, hash))
            #expect(found == (index, true))
            let other = try #require(table.find(field.name, "x", HPACKHash(name: field.name, value: "x")))
            #expect(!other.matchesValue)
            #expect(table[other.index]?.name == field.name)
        }
        #expect(table.find("grpc-status", "0", HPACKHash(name: "grpc-status", value: "0")) == nil)
    }

    @Test("A table evicts its oldest entries and is emptied by one that does not fit")
    func eviction() throws {
        var table = HPACKTable(capacity: 100)
        func entry(_ name: String, _ size: Int) -> HPACKTable.Entry {
            HPACKTable.Entry(
                name: name, value: "", nameSize: size - 32, valueSize: 0, hash: HPACKHash(name: name, value: ""))
        }
        table.add(entry("a", 40))
        table.add(entry("b", 40))
        #expect((table[0]?.name, table[1]?.name, table.size) == ("b", "a", 80))
        table.add(entry("c", 60))
        #expect((table.count, table[0]?.name, table[1]?.name) == (2, "c", "b"))
        #expect(table.find("b", "", HPACKHash(name: "b", value: "")).map { $0.index } == 1)
        #expect(table.find("a", "", HPACKHash(name: "a", value: "")) == nil)
        #expect(table[2] == nil && table[-1] == nil)
        table.resize(to: 60)
        #expect((table.count, table.size, table[0]?.name) == (1, 60, "c"))
        table.add(entry("d", 61))
        #expect((table.count, table.size) == (0, 0))
        for round in 0..<1000 {
            table.add(entry("e\(round)", 33 + round % 20))
            #expect(table.size <= 60 && table.count == 1 && table[0]?.name == "e\(round)")
        }
    }
}
