import NIOCore
import TestSupport
import Testing

@testable import JetwayHTTP2

@Suite("Queued DATA")
struct DataQueueTests {
    @Test("A thousand frames of one byte are one piece, and cost about their length")
    func tinySlices() {
        var queue = DataQueue()
        for _ in 0..<1000 {
            queue.append(ByteBuffer(bytes: [7]), maxPieces: 256)
        }
        #expect(queue.bytes == 1000)
        #expect(queue.count == 1)
        #expect(queue.retained <= 2048)
    }

    @Test("Settled, a slice smaller than half its buffer does not hold the buffer; a larger one is kept as it is")
    func retention() throws {
        let buffer = ByteBuffer(repeating: 7, count: 1024 * 1024)
        var small = DataQueue()
        small.append(try #require(buffer.getSlice(at: 0, length: 400 * 1024)), maxPieces: 256)
        #expect(small.endsLoose)
        #expect(small.retained == 1024 * 1024)
        small.settle()
        #expect(small.retained < 600 * 1024)
        #expect(!small.endsLoose)
        var large = DataQueue()
        large.append(try #require(buffer.getSlice(at: 0, length: 600 * 1024)), maxPieces: 256)
        #expect(!large.endsLoose)
        large.settle()
        #expect(large.retained == 1024 * 1024)
    }

    @Test("From the limit of pieces on, whatever comes is merged")
    func pieceLimit() {
        var queue = DataQueue()
        for _ in 0..<300 {
            queue.append(ByteBuffer(repeating: 1, count: 5000), maxPieces: 4)
        }
        #expect(queue.bytes == 1_500_000)
        #expect(queue.count <= 4 + 1_500_000 / (DataQueue.mergedPiece - 5000))
    }

    @Test("Bytes come out as they went in, whatever the pieces", arguments: 0..<100)
    func fidelity(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var queue = DataQueue()
        var expected: [UInt8] = []
        var received: [UInt8] = []
        var counter: UInt8 = 0
        for _ in 0..<400 {
            if random.next() % 2 == 0 {
                let length = Int(random.next() % (random.next() % 3 == 0 ? 20_000 : 50))
                var buffer = ByteBuffer()
                for _ in 0..<length {
                    counter &+= 1
                    buffer.writeInteger(counter)
                    expected.append(counter)
                }
                if random.next() % 3 == 0 { buffer.reserveCapacity(4 * length) }
                queue.append(buffer, maxPieces: 8)
                if random.next() % 4 == 0 { queue.settle() }
            } else if let piece = queue.pop(upTo: Int(random.next() % 9000)) {
                received += Array(piece.readableBytesView)
            }
            #expect(queue.bytes == expected.count - received.count)
            #expect(queue.bytes == 0 ? queue.retained == 0 : queue.retained >= queue.bytes)
        }
        while let piece = queue.pop(upTo: 1 << 20) { received += Array(piece.readableBytesView) }
        #expect(received == expected)
        #expect(queue.retained == 0)
    }

    @Test("Nothing is taken for a limit of nothing")
    func emptyPop() {
        var queue = DataQueue()
        #expect(queue.pop(upTo: 10) == nil)
        queue.append(ByteBuffer(string: "abc"), maxPieces: 8)
        #expect(queue.pop(upTo: 0) == nil)
        #expect(queue.pop(upTo: -5) == nil)
        #expect(queue.removeAll() == 3)
        #expect(queue.isEmpty)
    }
}

@Suite("Receive buffers")
struct ReceiveBufferTests {
    @Test("A buffer comes back from the pool only when no slice of it is left")
    func reuse() {
        let pool = ReceiveBufferPool()
        let allocator = ByteBufferAllocator()
        var buffer = pool.take(capacityClass: 1, allocator: allocator)
        buffer.writeString("hello")
        var slice: ByteBuffer? = buffer.getSlice(at: 0, length: 5)
        pool.give(buffer)
        buffer = ByteBuffer()
        var other = pool.take(capacityClass: 1, allocator: allocator)
        other.writeString("other")
        #expect(slice.map { String(buffer: $0) } == "hello")
        slice = nil
        let again = pool.take(capacityClass: 1, allocator: allocator)
        #expect(again.readableBytes == 0)
        #expect(again.storageCapacity == 64 * 1024)
        #expect(String(buffer: other) == "other")
    }

    @Test("Reads grow while they fill their buffer, and shrink when they stay small")
    func adaption() {
        let source = ReceiveBufferSource(pool: ReceiveBufferPool())
        let allocator = ByteBufferAllocator()
        #expect(source.buffer(allocator: allocator).capacity == 2048)
        for expected in [16, 64, 256, 512, 1024, 1024] {
            let capacity = source.buffer(allocator: allocator).capacity
            #expect(capacity == expected * 1024)
            _ = source.record(actualReadBytes: capacity)
        }
        for _ in 0..<16 { _ = source.record(actualReadBytes: 100) }
        #expect(source.buffer(allocator: allocator).capacity == 512 * 1024)
    }
}
