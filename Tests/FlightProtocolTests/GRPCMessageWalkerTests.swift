import FlightProtocol
import NIOCore
import TestSupport
import Testing

@Suite struct GRPCMessageWalkerTests {
    /// Messages of these lengths, the second of them compressed, and what they are on the wire.
    static let lengths = [0, 3, 0, 300, 1]
    static let wire: [UInt8] = {
        var buffer = ByteBuffer()
        for (index, length) in lengths.enumerated() {
            buffer.writeGRPCMessagePrefix(GRPCMessagePrefix(isCompressed: index == 1, length: UInt32(length)))
            buffer.writeRepeatingByte(0xff, count: length)
        }
        return Array(buffer.readableBytesView)
    }()
    /// Where messages end.
    static let ends: [Int] = lengths.reduce(into: [Int]()) { ends, length in ends.append((ends.last ?? 0) + 5 + length)
    }

    @Test("A prefix is a flag and a big-endian length")
    func prefix() {
        var buffer = ByteBuffer()
        #expect(buffer.writeGRPCMessagePrefix(GRPCMessagePrefix(length: 0x0102_0304)) == 5)
        buffer.writeGRPCMessagePrefix(GRPCMessagePrefix(isCompressed: true, length: .max))
        #expect(Array(buffer.readableBytesView) == [0, 1, 2, 3, 4, 1, 255, 255, 255, 255])
    }

    @Test("Messages are counted alike wherever the stream is cut in two")
    func splits() {
        for cut in 0...Self.wire.count {
            var walker = GRPCMessageWalker()
            walker.consume(ByteBuffer(bytes: Self.wire[..<cut]))
            #expect(walker.isAtMessageBoundary == (cut == 0 || Self.ends.contains(cut)), "cut at \(cut)")
            #expect(walker.messages == Self.ends.filter { $0 <= cut }.count, "cut at \(cut)")
            walker.consume(ByteBuffer(bytes: Self.wire[cut...]))
            Self.expectAll(walker)
        }
    }

    @Test("Messages are counted alike byte by byte and in random pieces")
    func pieces() {
        var random = SeededGenerator(seed: 5)
        for round in 0..<200 {
            var walker = GRPCMessageWalker()
            var rest = Self.wire[...]
            while !rest.isEmpty {
                let count = round == 0 ? 1 : Int.random(in: 0...min(rest.count, 40), using: &random)
                rest.prefix(count).withUnsafeBytes { walker.consume($0) }
                rest = rest.dropFirst(count)
            }
            Self.expectAll(walker)
        }
    }

    private static func expectAll(_ walker: GRPCMessageWalker) {
        #expect(walker.isAtMessageBoundary)
        #expect(walker.messages == 5)
        #expect(walker.messageBytes == 304)
        #expect(walker.largestMessage == 300)
        #expect(walker.currentLength == 1)
        #expect(!walker.currentCompressed)
    }

    @Test("The compressed flag is that of the message under way")
    func compressed() {
        var walker = GRPCMessageWalker()
        walker.consume(ByteBuffer(bytes: [1, 0, 0, 0, 2, 9]))
        #expect(walker.currentCompressed)
        walker.consume(ByteBuffer(bytes: [9]))
        #expect(walker.isAtMessageBoundary && walker.currentCompressed)
        walker.consume(ByteBuffer(bytes: [0]))
        #expect(!walker.isAtMessageBoundary && !walker.currentCompressed)
    }

    @Test("T45: a prefix that announces 4 GiB leaves the walker inside a message")
    func hugePrefix() {
        var walker = GRPCMessageWalker()
        walker.consume(ByteBuffer(bytes: [0, 255, 255, 255, 255]))
        #expect(!walker.isAtMessageBoundary)
        #expect(walker.largestMessage == 0xffff_ffff)
        walker.consume(ByteBuffer(repeating: 0, count: 1000))
        #expect(walker.messages == 0 && walker.messageBytes == 1000)
    }
}
