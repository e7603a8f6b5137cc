import NIOCore
import TestSupport
import Testing

@testable import ArrowIPC

@Suite struct MessageReaderTests {
    private static let bytes = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

    @Test("Bytes near those that were read last are not read again")
    func window() throws {
        let source = RecordingSource(Self.bytes)
        var reader = MessageReader(source)
        let span = Int64(MessageReader<RecordingSource>.span)
        for (offset, count) in [(0, 8), (8, 100), (4000, 96), (4096, 0), (0, 4096)] {
            let read = try reader.bytes(at: Int64(offset), count: count)
            #expect(read.readableBytesView.elementsEqual(Self.bytes[offset..<offset + count]))
        }
        #expect(source.reads == [0..<span])
        #expect(try reader.bytes(at: 4090, count: 7).readableBytes == 7)
        #expect(source.reads == [0..<span, 4090..<4090 + span])
    }

    @Test("What is longer than the window is read whole, and the last bytes are read without more")
    func sizes() throws {
        let source = RecordingSource(Self.bytes)
        var reader = MessageReader(source)
        #expect(try reader.bytes(at: 100, count: 9000).readableBytes == 9000)
        #expect(try reader.bytes(at: 19_990, count: 10).readableBytes == 10)
        #expect(try reader.bytes(at: 20_000, count: 0).readableBytes == 0)
        #expect(source.reads == [100..<9100, 19_990..<20_000])
    }

    @Test("What leaves the source is refused and not asked for", arguments: [(20_000, 1), (19_999, 2), (0, 20_001)])
    func outside(_ offset: Int64, _ count: Int) {
        let source = RecordingSource(Self.bytes)
        var reader = MessageReader(source)
        let problem = IPCProblem(offset: offset, text: "\(count) bytes are missing: the end is at 20000")
        #expect(throws: problem) { try reader.bytes(at: offset, count: count) }
        #expect(source.reads == [])
    }

    @Test("A source that gives less than it said is noticed")
    func shrunk() {
        let source = RecordingSource(Self.bytes)
        source.missing = 15_000
        var reader = MessageReader(source)
        #expect(throws: IPCProblem(offset: 4000, text: "read 1000 bytes where there should be 4096")) {
            try reader.bytes(at: 4000, count: 2000)
        }
    }

    @Test("Ranges in any order give the bytes that lie there", arguments: 0..<20)
    func random(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var reader = MessageReader(MemorySource(ByteBuffer(bytes: Self.bytes)))
        for _ in 0..<200 {
            let offset = random.below(Self.bytes.count + 1)
            let count = random.below(min(random.chance(20) ? 20_000 : 500, Self.bytes.count - offset + 1))
            let read = try reader.bytes(at: Int64(offset), count: count)
            #expect(read.readableBytesView.elementsEqual(Self.bytes[offset..<offset + count]))
        }
    }

    @Test(
        "Memory gives its own bytes, and refuses ranges that leave them", arguments: [(3, 3), (6, 0), (-1, 1), (0, -1)])
    func memory(_ offset: Int64, _ count: Int) throws {
        var buffer = ByteBuffer(string: "xxabcde")
        buffer.moveReaderIndex(forwardBy: 2)
        let source = MemorySource(buffer)
        #expect(source.size == 5)
        #expect(try source.read(at: 1, count: 3) == ByteBuffer(string: "bcd"))
        #expect(try source.read(at: 5, count: 0) == ByteBuffer())
        #expect(throws: IPCProblem(offset: offset, text: "\(count) bytes do not lie inside the 5 bytes there are")) {
            try source.read(at: offset, count: count)
        }
    }
}
