import NIOCore
import NIOHPACK
import TestSupport
import Testing

@testable import JetwayHTTP2

@Suite("Encoding header blocks")
struct HPACKEncoderTests {
    static func list(_ fields: [(String, String)], indexing: HPACKIndexing = .indexable) -> HeaderList {
        var headers = HPACKHeaders()
        for (name, value) in fields { headers.add(name: name, value: value, indexing: indexing) }
        return HeaderList(headers)
    }

    static func block(
        _ encoder: inout HeaderBlockEncoder, _ list: HeaderList, _ extra: HPACKHeaders? = nil
    ) -> [UInt8] {
        var buffer = ByteBuffer(bytes: [0xee])
        encoder.encode(list, appending: extra, into: &buffer)
        return Array(buffer.readableBytesView.dropFirst())
    }

    @Test("The responses of RFC 7541 appendix C.6 come out as there, evictions included")
    func examples() {
        // The RFC's table has 256 bytes, of which this encoder gives no entry more than half: all of these fit.
        var encoder = HeaderBlockEncoder(tableSize: 256)
        let date = "Mon, 21 Oct 2013 20:13:21 GMT"
        let location = "https://www.example.com"
        let first = Self.list([
            (":status", "302"), ("cache-control", "private"), ("date", date), ("location", location),
        ])
        let second = Self.list([
            (":status", "307"), ("cache-control", "private"), ("date", date), ("location", location),
        ])
        let start: [UInt8] = [0x3f, 0xe1, 0x01]
        #expect(
            Self.block(&encoder, first) == start + [
                0x48, 0x82, 0x64, 0x02, 0x58, 0x85, 0xae, 0xc3, 0x77, 0x1a, 0x4b, 0x61, 0x96, 0xd0, 0x7a, 0xbe, 0x94,
                0x10, 0x54,
                0xd4, 0x44, 0xa8, 0x20, 0x05, 0x95, 0x04, 0x0b, 0x81, 0x66, 0xe0, 0x82, 0xa6, 0x2d, 0x1b, 0xff, 0x6e,
                0x91, 0x9d,
                0x29, 0xad, 0x17, 0x18, 0x63, 0xc7, 0x8f, 0x0b, 0x97, 0xc8, 0xe9, 0xae, 0x82, 0xae, 0x43, 0xd3,
            ])
        // "307" is not shorter by the Huffman code, so it is written as it is (the RFC writes 0x83 0x64 0x0e 0xff).
        #expect(Self.block(&encoder, second) == [0x48, 0x03] + Array("307".utf8) + [0xc1, 0xc0, 0xbf])
    }

    @Test("A list that repeats is written from memory once it changes nothing, with its extra fields anew")
    func repeats() throws {
        var encoder = HeaderBlockEncoder(tableSize: 4096)
        let list = Self.list([(":status", "200"), ("content-type", "application/grpc")])
        let first = Self.block(&encoder, list)
        let second = Self.block(&encoder, list)
        #expect(first != second)
        #expect(second == [0x88, 0xbe])
        #expect(Self.block(&encoder, list) == second)
        let extra: HPACKHeaders = ["grpc-timeout": "5S"]
        #expect(
            Self.block(&encoder, list, extra) == second + [0, 12] + Array("grpc-timeout".utf8) + [2] + Array("5S".utf8))
        #expect(Self.block(&encoder, list) == second)
    }

    @Test("Extra fields and those of their sender's choice never enter the table")
    func literals() {
        var encoder = HeaderBlockEncoder(tableSize: 4096)
        let secret = Self.list([("authorization", "Bearer x")], indexing: .neverIndexed)
        let varying = Self.list([("x-id", "1")], indexing: .nonIndexable)
        let never = Self.block(&encoder, secret)
        #expect(never == [0x1f, 0x08, 8] + Array("Bearer x".utf8))
        #expect(Self.block(&encoder, secret) == never)
        #expect(Self.block(&encoder, varying) == [0, 4] + Array("x-id".utf8) + [1, 49])
        var extra = HPACKHeaders()
        extra.add(name: "authorization", value: "a", indexing: .neverIndexed)
        extra.add(name: "host", value: "b")
        #expect(Self.block(&encoder, Self.list([]), extra) == [0x1f, 0x08, 1, 97, 0x0f, 0x17, 1, 98])
    }

    @Test("A smaller and then larger table of the peer is announced by both sizes, once")
    func sizeUpdates() {
        var encoder = HeaderBlockEncoder(tableSize: 4096)
        let list = Self.list([(":status", "200")])
        encoder.peerTableSize(4096)
        encoder.peerTableSize(65_536)
        #expect(Self.block(&encoder, list) == [0x88])
        encoder.peerTableSize(0)
        encoder.peerTableSize(100)
        encoder.peerTableSize(8192)
        #expect(Self.block(&encoder, list) == [0x20, 0x3f, 0xe1, 0x1f, 0x88])
        #expect(Self.block(&encoder, list) == [0x88])
        encoder.peerTableSize(10)
        #expect(Self.block(&encoder, list) == [0x2a, 0x88])
        #expect(Self.block(&encoder, list) == [0x88])
    }

    @Test("A table size change forgets what was written from memory")
    func sizeForgets() throws {
        var encoder = HeaderBlockEncoder(tableSize: 4096)
        let list = Self.list([("a", "b")])
        _ = Self.block(&encoder, list)
        #expect(Self.block(&encoder, list) == [0xbe])
        encoder.peerTableSize(0)
        #expect(Self.block(&encoder, list) == [0x20, 0, 1, 97, 1, 98])
        #expect(Self.block(&encoder, list) == [0, 1, 97, 1, 98])
    }

    @Test("An encoder with a smaller table than the initial one says so at once")
    func smallTable() {
        var encoder = HeaderBlockEncoder(tableSize: 0)
        #expect(Self.block(&encoder, Self.list([("a", "b")])) == [0x20, 0, 1, 97, 1, 98])
    }

    @Test("Values that Swift calls equal and names that differ by a bit stay apart")
    func exactBytes() throws {
        var encoder = HeaderBlockEncoder(tableSize: 4096)
        var decoder = HPACKDecoderTests.decoder()
        let texts = ["\u{e9}", "e\u{301}", "K", "\u{212a}", ";", "\u{37e}"]
        for text in texts + texts {
            let block = Self.block(&encoder, Self.list([("x", text), ("a~", "1"), ("a^", "1")]))
            let list = try decoder.decode(ByteBuffer(bytes: block))
            #expect(list.fields.map { Array($0.name.utf8) } == [Array("x".utf8), Array("a~".utf8), Array("a^".utf8)])
            #expect(list.fields.first.map { Array($0.value.utf8) } == Array(text.utf8))
        }
    }

    @Test("Random lists come back from a decoder that saw the same blocks", arguments: 0..<8 as Range<UInt64>)
    func oracle(seed: UInt64) throws {
        var numbers = SeededGenerator(seed: seed &+ 77)
        var encoder = HeaderBlockEncoder(tableSize: 4096)
        var ours = HPACKDecoderTests.decoder()
        var oracle = HPACKDecoder(
            allocator: ByteBufferAllocator(), maxDynamicTableSize: 4096, maxHeaderListSize: 1 << 20)
        let names = [":path", ":status", "content-type", "x-a", "x-b", "a-name-that-is-longer-than-others", "date"]
        var known: [HeaderList] = []
        for round in 0..<1000 {
            if Int.random(in: 0..<60, using: &numbers) == 0 {
                for _ in 0..<Int.random(in: 1...3, using: &numbers) {
                    encoder.peerTableSize([0, 64, 300, 4096, 10_000].randomElement(using: &numbers) ?? 0)
                }
            }
            let list: HeaderList
            if Bool.random(using: &numbers), let old = known.randomElement(using: &numbers) {
                list = old
            } else {
                var fields = HPACKHeaders()
                for _ in 0..<Int.random(in: 0...6, using: &numbers) {
                    let length =
                        Int.random(in: 0..<10, using: &numbers) == 0 ? 3000 : Int.random(in: 0...30, using: &numbers)
                    let value = String(repeating: "\(Int.random(in: 0...99, using: &numbers))", count: length / 2)
                    let kinds: [HPACKIndexing] = [.indexable, .indexable, .nonIndexable, .neverIndexed]
                    fields.add(
                        name: names.randomElement(using: &numbers) ?? "x", value: value,
                        indexing: kinds.randomElement(using: &numbers) ?? .indexable)
                }
                list = HeaderList(fields)
                known.append(list)
                if known.count > 30 { known.removeFirst() }
            }
            let extra: HPACKHeaders? = Bool.random(using: &numbers) ? ["grpc-timeout": "\(round)m"] : nil
            let block = Self.block(&encoder, list, extra)
            var copy = ByteBuffer(bytes: block)
            let read = try oracle.decodeHeaders(from: &copy)
            let expected = (Array(list.fields) + Array(extra ?? [:])).map { "\($0.name): \($0.value)" }
            #expect(read.map { "\($0.name): \($0.value)" } == expected, "seed \(seed), round \(round)")
            #expect(HPACKDecoderTests.fields(try ours.decode(ByteBuffer(bytes: block))) == expected)
        }
    }
}
