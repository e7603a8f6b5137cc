package import NIOCore

/// The receive buffers of one event loop, shared by all its connections. An idle connection holds none.
///
/// NIO's own pool belongs to a channel, so that a thousand connections that were busy once keep a thousand large buffers.
package final class ReceiveBufferPool {
    /// The capacities that buffers come in, in bytes.
    static let capacities = [16 * 1024, 64 * 1024, 256 * 1024, 512 * 1024, 1024 * 1024]
    private static let keptPerCapacity = 4

    private var free: [[ByteBuffer]] = Array(repeating: [], count: ReceiveBufferPool.capacities.count)

    package init() {}

    /// An empty buffer that nobody else refers to.
    func take(capacityClass: Int, allocator: ByteBufferAllocator) -> ByteBuffer {
        let capacity = Self.capacities[capacityClass]
        var index = free[capacityClass].count
        while index > 0 {
            index -= 1
            // Buffers come back while slices of them may still be under way: those are not free yet.
            let isFree = free[capacityClass][index].modifyIfUniquelyOwned { $0.clear() } != nil
            if isFree {
                free[capacityClass].swapAt(index, free[capacityClass].count - 1)
                return free[capacityClass].removeLast()
            }
        }
        return allocator.buffer(capacity: capacity)
    }

    /// The readable bytes of a buffer that is somebody else's, in one of the pool's if there is one of that size.
    func copy(of other: ByteBuffer, allocator: ByteBufferAllocator) -> ByteBuffer {
        let size = other.readableBytes
        var buffer: ByteBuffer
        if let capacityClass = Self.capacities.firstIndex(where: { $0 >= size }) {
            buffer = take(capacityClass: capacityClass, allocator: allocator)
        } else {
            buffer = allocator.buffer(capacity: size)
        }
        buffer.writeImmutableBuffer(other)
        return buffer
    }

    /// Hands a buffer back whose bytes were dealt with. Slices of it may still exist.
    func give(_ buffer: consuming ByteBuffer) {
        guard let capacityClass = Self.capacities.firstIndex(of: buffer.storageCapacity) else { return }
        if free[capacityClass].count >= Self.keptPerCapacity { free[capacityClass].removeFirst() }
        free[capacityClass].append(buffer)
    }

    /// Drops what is kept, for a loop that has nothing to do.
    package func drain() {
        for index in free.indices { free[index].removeAll() }
    }
}

/// Tells a channel how large its next read may be, and takes the buffer from the loop's pool.
///
/// Sizes grow fourfold after a read that filled its buffer, and shrink after reads that used less than a quarter.
///
/// NIO keeps the first buffer that it gets for the channel's life, so the first one is small.
package final class ReceiveBufferSource: RecvByteBufferAllocator, @unchecked Sendable {
    // Proof of `Sendable`: a channel calls its allocator on its own event loop only, and one source belongs to one channel.
    private static let firstCapacity = 2048

    private let pool: ReceiveBufferPool
    private var isFirst = true
    private var capacityClass = 0
    private var smallReads = 0
    private let largestClass: Int

    /// - Parameter largest: no buffer is larger than this, in bytes.
    package init(pool: ReceiveBufferPool, largest: Int = 1024 * 1024) {
        self.pool = pool
        self.largestClass = ReceiveBufferPool.capacities.lastIndex { $0 <= largest } ?? 0
    }

    package func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        if isFirst {
            isFirst = false
            return allocator.buffer(capacity: Self.firstCapacity)
        }
        return pool.take(capacityClass: capacityClass, allocator: allocator)
    }

    /// Nil: NIO's pool of the channel is not used.
    package func nextBufferSize() -> Int? { nil }

    package func record(actualReadBytes: Int) -> Bool {
        let capacity = ReceiveBufferPool.capacities[capacityClass]
        if actualReadBytes >= capacity {
            capacityClass = min(capacityClass + 1, largestClass)
            smallReads = 0
        } else if capacityClass > 0, actualReadBytes < ReceiveBufferPool.capacities[capacityClass - 1] {
            smallReads += 1
            if smallReads == 16 {
                smallReads = 0
                capacityClass -= 1
            }
        } else {
            smallReads = 0
        }
        // True makes NIO ask for a buffer each time, instead of keeping the last one.
        return true
    }
}
