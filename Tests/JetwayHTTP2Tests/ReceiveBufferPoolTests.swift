import NIOCore
import Testing

@testable import JetwayHTTP2

@Suite struct ReceiveBufferPoolTests {
    @Test(
        "A copy has the readable bytes, and leaves the other buffer to its owner",
        arguments: [0, 1, 16_384, 70_000, 2 << 20])
    func copy(size: Int) {
        let pool = ReceiveBufferPool()
        var other = ByteBuffer(repeating: 7, count: size + 3)
        other.moveReaderIndex(forwardBy: 3)
        let copy = pool.copy(of: other, allocator: ByteBufferAllocator())
        #expect(copy == ByteBuffer(repeating: 7, count: size))
        #expect(other.modifyIfUniquelyOwned { $0.clear() } != nil)
    }

    @Test("A buffer that was given back is used again, once nothing of it is held")
    func reuse() {
        let pool = ReceiveBufferPool()
        let allocator = ByteBufferAllocator()
        let bytes = ByteBuffer(repeating: 1, count: 20_000)
        func place(of buffer: ByteBuffer) -> UnsafeRawPointer? { buffer.withUnsafeReadableBytes(\.baseAddress) }
        var first: ByteBuffer? = pool.copy(of: bytes, allocator: allocator)
        var slice = first?.getSlice(at: 0, length: 10)
        let firstPlace = first.flatMap(place)
        pool.give(first.take() ?? ByteBuffer())
        let second = pool.copy(of: bytes, allocator: allocator)
        #expect(place(of: second) != firstPlace)
        #expect(slice?.readableBytes == 10)
        slice = nil
        let third = pool.copy(of: bytes, allocator: allocator)
        #expect(place(of: third) == firstPlace)
    }
}
