internal import NIOCore
internal import NIOPosix

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Two ends of a connection inside the process: no address, no port.
enum SocketPair {
    /// Makes a channel of each end on an event loop, with a handler each.
    static func make(
        on loop: any EventLoop, _ first: @escaping @Sendable (any Channel) throws -> Void,
        _ second: @escaping @Sendable (any Channel) throws -> Void
    ) -> EventLoopFuture<Void> {
        var descriptors: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &descriptors) == 0 else {
            return loop.makeFailedFuture(IOError(errnoCode: errno, reason: "socketpair"))
        }
        let ends = zip(descriptors, [first, second]).map { descriptor, initialize in
            ClientBootstrap(group: loop)
                .channelOption(.maxMessagesPerRead, value: 1)
                .channelInitializer { channel in channel.eventLoop.makeCompletedFuture { try initialize(channel) } }
                .withConnectedSocket(descriptor)
        }
        return EventLoopFuture.andAllSucceed(ends, on: loop)
    }
}
