import FlightProtocol
import Foundation
import NIOCore
import SwiftProtobuf
import TestSupport
import Testing

@Suite struct FlightDataWalkerTests {
    typealias FlightData = Arrow_Flight_Protocol_FlightData

    static func walk(_ bytes: [UInt8]) -> FlightDataWalker {
        var walker = FlightDataWalker()
        walker.consume(ByteBuffer(bytes: bytes))
        return walker
    }

    /// A message as it stands on the wire.
    static func framed(_ message: [UInt8], compressed: Bool = false) -> [UInt8] {
        var buffer = ByteBuffer()
        buffer.writeGRPCMessagePrefix(GRPCMessagePrefix(isCompressed: compressed, length: UInt32(message.count)))
        return Array(buffer.readableBytesView) + message
    }

    static func framed(_ data: FlightData) throws -> [UInt8] {
        framed(try data.serializedBytes())
    }

    /// The messages of a stream, without their prefixes.
    static func messages(_ stream: [UInt8]) -> [[UInt8]] {
        var messages: [[UInt8]] = []
        var rest = stream[...]
        while !rest.isEmpty {
            let length = rest.dropFirst().prefix(4).reduce(0) { $0 << 8 | Int($1) }
            messages.append(Array(rest.dropFirst(5).prefix(length)))
            rest = rest.dropFirst(5 + length)
        }
        return messages
    }

    /// The head of a batch of 3 rows.
    static func batchHeader() throws -> Data {
        try FlightData(serializedBytes: messages(PyArrowStreams.streamExchange)[1]).dataHeader
    }

    @Test("The streams of a pyarrow server are counted as what it wrote")
    func pyarrow() throws {
        for stream in [PyArrowStreams.streamDictionary, PyArrowStreams.streamDictionaryV4] {
            let walker = Self.walk(stream)
            var expected = FlightDataCounts()
            expected.messages = 5
            expected.bytes = stream.count
            expected.schemas = 1
            expected.dictionaryBatches = 2
            expected.recordBatches = 2
            expected.rows = 5
            expected.bodyBytes = try Self.messages(stream).reduce(0) { sum, bytes in
                sum + (try FlightData(serializedBytes: bytes)).dataBody.count
            }
            #expect(walker.counts == expected)
            #expect(expected.bodyBytes > 0)
        }
        let counts = Self.walk(PyArrowStreams.streamExchange).counts
        #expect(counts.messages == 5 && counts.schemas == 1 && counts.recordBatches == 3 && counts.rows == 6)
        #expect(counts.metadataOnly == 1 && counts.unreadable == 0)
    }

    @Test("The counts do not depend on where the stream is cut")
    func splits() {
        for stream in [PyArrowStreams.streamDictionary, PyArrowStreams.streamExchange] {
            let whole = Self.walk(stream)
            for cut in 0...stream.count {
                var walker = FlightDataWalker()
                walker.consume(ByteBuffer(bytes: stream[..<cut]))
                walker.consume(ByteBuffer(bytes: stream[cut...]))
                #expect(walker.counts == whole.counts, "cut at \(cut)")
                #expect(walker.isAtMessageBoundary)
            }
            var walker = FlightDataWalker()
            for byte in stream { walker.consume(ByteBuffer(bytes: [byte])) }
            #expect(walker.counts == whole.counts)
        }
    }

    @Test("Fields count in any order, and unknown fields are stepped over")
    func order() throws {
        let header = try Self.batchHeader()
        let headerField: [UInt8] = [0x12, UInt8(header.count & 0x7f | 0x80), UInt8(header.count >> 7)] + header
        let body: [UInt8] = [0xc2, 0x3e, 3, 1, 2, 3]
        let unknown: [UInt8] = [0x20, 0xff, 0x01, 0x29, 1, 2, 3, 4, 5, 6, 7, 8, 0x35, 1, 2, 3, 4, 0x3a, 1, 9]
        let metadata: [UInt8] = [0x1a, 0]
        for message in [
            body + headerField + metadata, unknown + headerField + body, headerField + metadata + body + unknown,
        ] {
            let counts = Self.walk(Self.framed(message)).counts
            #expect(counts.recordBatches == 1 && counts.rows == 3 && counts.bodyBytes == 3 && counts.unreadable == 0)
        }
        // Of a field that is there twice the last one counts.
        let schema = try FlightData(serializedBytes: Self.messages(PyArrowStreams.streamExchange)[0])
        let twice = try schema.serializedBytes() as [UInt8] + headerField + body
        let counts = Self.walk(Self.framed(twice)).counts
        #expect(counts.schemas == 0 && counts.recordBatches == 1)
        #expect(try FlightData(serializedBytes: twice).dataHeader == header)
    }

    @Test("Messages without a head are metadata alone")
    func metadataOnly() throws {
        let descriptor = try FlightData.with { $0.flightDescriptor.cmd = Data("c".utf8) }.serializedBytes() as [UInt8]
        let metadata = try FlightData.with { $0.appMetadata = Data("m".utf8) }.serializedBytes() as [UInt8]
        let stream = Self.framed([]) + Self.framed(descriptor) + Self.framed(metadata) + Self.framed([0x12, 0])
        let counts = Self.walk(stream).counts
        #expect(counts.metadataOnly == 4 && counts.messages == 4 && counts.unreadable == 0)
    }

    @Test("A compressed message is counted and not looked into")
    func compressed() {
        let batch = Self.messages(PyArrowStreams.streamExchange)[1]
        let counts = Self.walk(Self.framed(batch, compressed: true) + Self.framed([], compressed: true)).counts
        #expect(counts.messages == 2 && counts.uninspected == 2)
        #expect(counts.recordBatches == 0 && counts.metadataOnly == 0 && counts.unreadable == 0)
    }

    @Test(
        "A message that is no FlightData is unreadable, and the next one is read again",
        arguments: [
            [0x08], [0x00], [0x0b], [0x0f, 1], [0x12, 5, 1], [0x12, 3, 1, 2, 3], [0x0a, 0x80, 0x00],
            [0xc2, 0x3e, 9, 0],
            [0x0d, 1, 2, 3], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            [0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
            [0xc2, 0x3e, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
        ] as [[UInt8]])
    func unreadable(_ message: [UInt8]) {
        let good = Self.messages(PyArrowStreams.streamExchange)[1]
        let stream = Self.framed(good) + Self.framed(message) + Self.framed(good)
        for cut in 0...stream.count {
            var walker = FlightDataWalker()
            walker.consume(ByteBuffer(bytes: stream[..<cut]))
            walker.consume(ByteBuffer(bytes: stream[cut...]))
            #expect(walker.counts.unreadable == 1 && walker.rows == 6 && walker.messages == 3)
            #expect(walker.isAtMessageBoundary)
        }
    }

    @Test("A head of more than 1 MiB is stepped over")
    func longHeader() throws {
        let good = Self.messages(PyArrowStreams.streamExchange)[1]
        var long = FlightData()
        long.dataHeader = try Self.batchHeader()
        long.dataHeader.append(Data(count: FlightDataWalker.headerLimit - long.dataHeader.count))
        #expect(Self.walk(try Self.framed(long)).rows == 3)
        long.dataHeader.append(0)
        let counts = Self.walk(try Self.framed(long) + Self.framed(good)).counts
        #expect(counts.unreadable == 1 && counts.rows == 3 && counts.recordBatches == 1)
    }

    @Test("Rows that no counter can hold stay at its end")
    func rowOverflow() throws {
        var data = FlightData()
        data.dataHeader = try Self.batchHeader()
        let rows = try #require(data.dataHeader.range(of: Data([3, 0, 0, 0, 0, 0, 0, 0])))
        data.dataHeader.replaceSubrange(rows, with: Data(repeating: 0xff, count: 7) + [0x7f])
        let walker = Self.walk(try Self.framed(data) + Self.framed(data))
        #expect(walker.rows == .max && walker.recordBatches == 2)
    }

    @Test("Random messages in random pieces are counted as they were made")
    func randomMessages() throws {
        var random = SeededGenerator(seed: 7)
        let header = try Self.batchHeader()
        for _ in 0..<200 {
            var expected = FlightDataCounts()
            var stream: [UInt8] = []
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                var data = FlightData()
                if Bool.random(using: &random) {
                    data.dataHeader = header
                    expected.recordBatches += 1
                    expected.rows += 3
                } else {
                    expected.metadataOnly += 1
                }
                if Bool.random(using: &random) { data.flightDescriptor.path = ["a", "b"] }
                data.appMetadata = Data(count: Int.random(in: 0...200, using: &random))
                data.dataBody = Data(repeating: 0xff, count: Int.random(in: 0...3000, using: &random))
                expected.bodyBytes += data.dataBody.count
                expected.messages += 1
                stream += try Self.framed(data)
            }
            expected.bytes = stream.count
            #expect(Self.walkRandomly(stream, &random).counts == expected)
        }
    }

    @Test("Mutated streams never trap, and are counted alike in one piece and in many")
    func mutated() {
        var random = SeededGenerator(seed: 8)
        let streams = [PyArrowStreams.streamDictionary, PyArrowStreams.streamExchange]
        var unreadable = 0
        for round in 0..<5000 {
            var bytes = streams[round % 2]
            for _ in 0..<Int.random(in: 1...20, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let whole = Self.walk(bytes)
            let pieces = Self.walkRandomly(bytes, &random)
            let counts = whole.counts
            unreadable += counts.unreadable
            let sum =
                counts.schemas + counts.recordBatches + counts.dictionaryBatches + counts.metadataOnly + counts.others
                + counts.unreadable + counts.uninspected
            guard counts == pieces.counts, whole.isAtMessageBoundary == pieces.isAtMessageBoundary,
                sum == counts.messages,
                counts.bytes == bytes.count
            else {
                Issue.record("round \(round): \(counts) and \(pieces.counts)")
                return
            }
        }
        #expect(unreadable > 100)
    }

    @Test("What the walker reads, SwiftProtobuf reads with the same head and body")
    func oracle() {
        var random = SeededGenerator(seed: 9)
        let originals = Self.messages(PyArrowStreams.streamExchange)
        var read = 0
        for round in 0..<100_000 {
            var message = originals[round % originals.count]
            // The first bytes hold the tags and lengths.
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<min(message.count, 24), using: &random)
                message[place] = UInt8.random(in: 0...255, using: &random)
            }
            let counts = Self.walk(Self.framed(message)).counts
            guard counts.unreadable == 0, let data = try? FlightData(serializedBytes: message) else { continue }
            read += 1
            if counts.bodyBytes != data.dataBody.count || (counts.metadataOnly == 1) != data.dataHeader.isEmpty {
                Issue.record("round \(round): \(counts)")
                return
            }
        }
        #expect(read > 1000)
    }

    private static func walkRandomly(_ stream: [UInt8], _ random: inout SeededGenerator) -> FlightDataWalker {
        var walker = FlightDataWalker()
        var rest = stream[...]
        while !rest.isEmpty {
            let count = Int.random(in: 0...min(rest.count, 700), using: &random)
            walker.consume(ByteBuffer(bytes: rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return walker
    }
}
