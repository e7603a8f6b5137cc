import FlightProtocol
import JetwayHTTP2
import NIOCore
import NIOHPACK
import NIOPosix

@testable import Flight

/// A client that sends what a test tells it to, right or wrong.
struct RawClient {
    private let connection: NIOLoopBound<ClientConnection>
    private let channel: any Channel

    static func connect(to server: FlightServer) async throws -> RawClient {
        guard case .host(let host, let port) = server.location.address else {
            throw FlightProblem("a server without a port")
        }
        let eventLoop = NIOSingletons.posixEventLoopGroup.next()
        let connection = try await eventLoop.submit {
            NIOLoopBound(ClientConnection(eventLoop: eventLoop, messageLimit: .max), eventLoop: eventLoop)
        }.get()
        let channel = try await ClientBootstrap(group: eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let loop = HTTP2Loop(eventLoop: channel.eventLoop, budget: ByteBudget(limit: .max))
                    let http2 = connection.value.makeConnection(limits: .upstream, loop: loop, usesTLS: true)
                    try channel.pipeline.syncOperations.addHandler(http2)
                }
            }
            .connect(host: host, port: port).get()
        return RawClient(connection: connection, channel: channel)
    }

    /// Begins a call.
    ///
    /// - Parameter fields: instead of those that a Flight client sends, or besides.
    func open(_ rpc: FlightRPC, _ fields: [(String, String)] = []) async throws -> CallHandle {
        var head = [
            ":method": "POST", ":scheme": "http", ":path": rpc.path, ":authority": "localhost",
            "content-type": "application/grpc", "te": "trailers",
        ]
        for (name, value) in fields { head[name] = value }
        let ordered = head.sorted { $0.key < $1.key }
        let connection = connection
        return try await withCheckedThrowingContinuation { continuation in
            connection.eventLoop.execute { connection.value.open(HeaderList(HPACKHeaders(ordered)), continuation) }
        }
    }

    /// Ends the connection at once, as when the client's machine goes away.
    func disconnect() async throws {
        try await channel.close().get()
    }
}

extension CallHandle {
    /// Sends bytes as they are, ends the request, and reads until the end of the answer.
    func answer(to bytes: [UInt8] = []) async throws -> [ByteBuffer] {
        try await send([ByteBuffer(bytes: bytes)])
        finish()
        var messages: [ByteBuffer] = []
        while let message = try await receive() { messages.append(message) }
        return messages
    }
}

/// A message behind its gRPC prefix.
func framed(_ message: [UInt8], isCompressed: Bool = false) -> [UInt8] {
    var buffer = ByteBuffer()
    buffer.writeGRPCMessagePrefix(GRPCMessagePrefix(isCompressed: isCompressed, length: UInt32(message.count)))
    return Array(buffer.readableBytesView) + message
}
