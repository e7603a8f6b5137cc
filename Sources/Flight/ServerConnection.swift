internal import FlightProtocol
internal import JetwayHTTP2
internal import Logging
internal import NIOCore
internal import NIOHPACK

/// What a server keeps on one event loop.
final class ServerLoop {
    let eventLoop: any EventLoop
    let http2: HTTP2Loop
    let executor: LoopExecutor
    let service: any FlightService
    let limits: HTTP2Limits
    let messageLimit: Int
    let logger: Logger
    let responseHead = ServerCallHeaders.makeResponseHead()
    private var connections: [ObjectIdentifier: ServerConnection] = [:]
    private var calls: [ObjectIdentifier: ServerCall] = [:]
    private var isDraining = false
    private var whenEmpty: (() -> Void)?

    init(eventLoop: any EventLoop, service: any FlightService, settings: FlightServer.Settings, budget: ByteBudget) {
        self.eventLoop = eventLoop
        self.http2 = HTTP2Loop(eventLoop: eventLoop, budget: budget)
        self.executor = LoopExecutor(loop: eventLoop)
        self.service = service
        self.limits = settings.limits
        self.messageLimit = settings.messageLimit
        self.logger = settings.logger
    }

    func add(_ connection: ServerConnection) {
        connections[ObjectIdentifier(connection)] = connection
        if isDraining { connection.http2?.drain() }
    }

    func remove(_ connection: ServerConnection) {
        connections[ObjectIdentifier(connection)] = nil
        http2.buffers.drain()
        completeIfEmpty()
    }

    func add(_ call: ServerCall) { calls[ObjectIdentifier(call)] = call }

    /// The call's task has ended.
    func remove(_ call: ServerCall) {
        calls[ObjectIdentifier(call)] = nil
        completeIfEmpty()
    }

    /// Asks every client to end with its last call. `completion` is called when none is left.
    func drain(completion: @escaping () -> Void) {
        isDraining = true
        for connection in connections.values { connection.http2?.drain() }
        whenEmpty = completion
        completeIfEmpty()
    }

    /// Tasks may outlive their connections, and need the loop to take back what they began.
    private func completeIfEmpty() {
        if connections.isEmpty, calls.isEmpty { whenEmpty.take()?() }
    }

    func endCalls() {
        for call in calls.values { call.end() }
    }

    func close() {
        for connection in connections.values { connection.http2?.close() }
        // A service that does not heed its cancellation is not waited for.
        whenEmpty.take()?()
    }
}

@available(*, unavailable)
extension ServerLoop: Sendable {}

/// A client's connection to a server: turns its streams into calls.
final class ServerConnection: HTTP2ConnectionOwner {
    private let loop: ServerLoop
    private let peer: SocketAddress?
    private(set) var http2: HTTP2Connection?

    init(loop: ServerLoop, peer: SocketAddress?) {
        self.loop = loop
        self.peer = peer
    }

    func makeConnection(usesTLS: Bool) -> HTTP2Connection {
        let connection = HTTP2Connection(
            role: .server, limits: loop.limits, loop: loop.http2, owner: self, readsFromPool: !usesTLS)
        http2 = connection
        loop.add(self)
        return connection
    }

    func connection(_ connection: HTTP2Connection, opened stream: HTTP2Stream, head: HeaderList, endStream: Bool) {
        let fields = head.fields
        guard GRPCContentType.isGRPC(fields.first(name: "content-type") ?? ""), fields.first(name: ":method") == "POST"
        else {
            stream.send(head: HeaderList([":status": "415", "content-length": "0"]), endStream: true)
            return endStream ? () : stream.reset(.noError, afterFlush: true)
        }
        let headers = ServerCallHeaders(responseHead: loop.responseHead)
        func refuse(_ code: GRPCCode, _ message: String) {
            headers.finish(GRPCStatus(code: code, message: message), on: stream)
        }
        guard head.listSize <= loop.limits.headerListBytes, head.count <= loop.limits.headerFields else {
            return refuse(.resourceExhausted, "the request's header fields are too large")
        }
        guard let path = RPCPath(parsing: fields.first(name: ":path") ?? ""), let rpc = FlightRPC(path: path) else {
            return refuse(.unimplemented, "there is no such method")
        }
        let text = fields.first(name: "grpc-timeout")
        let timeout = text.flatMap { GRPCTimeout.parse($0) }
        guard text == nil || timeout != nil else { return refuse(.invalidArgument, "grpc-timeout is malformed") }
        let call = ServerCall(loop: loop, stream: stream)
        loop.add(call)
        call.start(rpc, head: head, timeout: timeout, peer: peer, endStream: endStream)
    }

    func connectionBecameReady(_ connection: HTTP2Connection) {}
    func connectionCapacityChanged(_ connection: HTTP2Connection) {}
    func connectionIsDraining(_ connection: HTTP2Connection) {}

    func connectionClosed(_ connection: HTTP2Connection, fault: ConnectionFault?) {
        if let fault {
            loop.logger.info("client connection ended for a fault", metadata: ["reason": "\(fault.reason)"])
        }
        http2 = nil
        loop.remove(self)
    }
}
