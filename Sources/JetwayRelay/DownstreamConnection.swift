internal import FlightProtocol
internal import JetwayCore
internal import JetwayHTTP2
internal import Logging
internal import NIOCore
internal import NIOHPACK

/// A client's connection: turns its streams into calls.
final class DownstreamConnection: HTTP2ConnectionOwner {
    private let loop: RelayLoop
    private let peer: SocketAddress?
    private(set) var connection: HTTP2Connection?

    init(loop: RelayLoop, peer: SocketAddress?) {
        self.loop = loop
        self.peer = peer
    }

    func makeConnection(usesTLS: Bool = false) -> HTTP2Connection {
        let connection = HTTP2Connection(
            role: .server, limits: loop.limits.downstream, loop: loop.http2, owner: self, readsFromPool: !usesTLS)
        self.connection = connection
        loop.add(self)
        return connection
    }

    func connection(_ connection: HTTP2Connection, opened stream: HTTP2Stream, head: HeaderList, endStream: Bool) {
        let facts = RequestFacts.of(head, limits: loop.limits)
        switch facts.kind {
        case .call(let path, let rpc):
            let call = RelayCall(loop: loop, downstream: stream, head: head, facts: facts, path: path, rpc: rpc)
            call.earlyEnd = endStream
            stream.sink = call
            call.start(rpc: rpc, peer: peer)
        case .refused(let code, let message):
            stream.send(head: LocalReply.trailersOnly(code, message), endStream: true)
            if !endStream { stream.reset(.noError, afterFlush: true) }
        case .health:
            answer(.health(), head: head, on: stream, endStream: endStream)
        case .notGRPC(let status):
            answer(.notGRPC(status: status), head: head, on: stream, endStream: endStream)
        }
    }

    private func answer(_ reply: LocalResponder, head: HeaderList, on stream: HTTP2Stream, endStream: Bool) {
        let method = head.fields.first(name: ":method")
        let responder = method == "HEAD" ? reply.withoutContent() : reply
        stream.sink = responder
        // A CONNECT waits for its answer before it goes on.
        if endStream || method == "CONNECT" { responder.answer(on: stream) }
    }

    func drain() {
        connection?.drain()
    }

    /// Ends the calls that still run, with a status that tells the client to try again.
    func endCalls() {
        connection?.forEachStream { stream in
            (stream.sink as? RelayCall)?.fail(Rejection(.unavailable, "the gateway is shutting down"))
        }
    }

    func close() {
        connection?.close()
    }

    func connectionBecameReady(_ connection: HTTP2Connection) {}
    func connectionCapacityChanged(_ connection: HTTP2Connection) {}
    func connectionIsDraining(_ connection: HTTP2Connection) {}

    func connectionClosed(_ connection: HTTP2Connection, fault: ConnectionFault?) {
        if let fault {
            loop.logger.info(
                "client connection ended for a fault",
                metadata: [
                    "peer": "\(peer.map { "\($0)" } ?? "")", "reason": "\(fault.reason)",
                    "limit": "\(fault.limit?.rawValue ?? "")",
                ])
        }
        loop.shared.admission.leave(peer)
        loop.remove(self)
        self.connection = nil
    }
}
