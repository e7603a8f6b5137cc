import FlightProtocol
import NIOCore
import Testing

@Suite struct GRPCMessageCollectorTests {
    static let wire: [UInt8] = [1, 0, 0, 0, 6] + Array("abcdef".utf8)

    @Test("The first message is collected wherever it is cut")
    func splits() {
        for first in 0...Self.wire.count {
            for second in first...Self.wire.count {
                var collector = GRPCMessageCollector(limit: 6)
                _ = collector.consume(ByteBuffer(bytes: Self.wire[..<first]))
                #expect((collector.message == nil) == (first < Self.wire.count))
                _ = collector.consume(ByteBuffer(bytes: Self.wire[first..<second]))
                #expect(collector.consume(ByteBuffer(bytes: Self.wire[second...])) == .complete)
                #expect(collector.message == ByteBuffer(string: "abcdef"))
                #expect(collector.isCompressed)
                #expect(collector.trailingBytes == 0)
            }
        }
    }

    @Test("A message in a chunk that was partly read is found where the chunk's bytes begin")
    func readerIndex() {
        var chunk = ByteBuffer(string: "xyz")
        chunk.writeBytes(Self.wire)
        chunk.moveReaderIndex(forwardBy: 3)
        var collector = GRPCMessageCollector(limit: 100)
        #expect(collector.consume(chunk) == .complete)
        #expect(collector.message == ByteBuffer(string: "abcdef"))
    }

    @Test("A message longer than the limit is refused at its prefix, and nothing of it is kept")
    func tooLarge() {
        for cut in 0...Self.wire.count {
            var collector = GRPCMessageCollector(limit: 5)
            let first = collector.consume(ByteBuffer(bytes: Self.wire[..<cut]))
            #expect(first == (cut < 5 ? .incomplete : .tooLarge))
            #expect(collector.consume(ByteBuffer(bytes: Self.wire[cut...])) == .tooLarge)
            #expect(collector.message == nil)
        }
        var collector = GRPCMessageCollector(limit: 1 << 20)
        #expect(collector.consume(ByteBuffer(bytes: [0, 255, 255, 255, 255])) == .tooLarge)
    }

    @Test("A message of no bytes is complete with its prefix")
    func empty() {
        var collector = GRPCMessageCollector(limit: 0)
        #expect(collector.consume(ByteBuffer(bytes: [0, 0, 0, 0])) == .incomplete)
        #expect(collector.consume(ByteBuffer(bytes: [0])) == .complete)
        #expect(collector.message == ByteBuffer())
    }

    @Test("Bytes behind the first message are counted, in the same chunk and in later ones")
    func trailing() {
        var collector = GRPCMessageCollector(limit: 6)
        #expect(collector.consume(ByteBuffer(bytes: Self.wire + [0, 0])) == .complete)
        #expect(collector.trailingBytes == 2)
        #expect(collector.consume(ByteBuffer(bytes: [0])) == .complete)
        #expect(collector.trailingBytes == 3)
        #expect(collector.message == ByteBuffer(string: "abcdef"))
    }
}
