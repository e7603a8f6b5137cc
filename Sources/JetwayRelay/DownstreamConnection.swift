internal import FlightProtocol
internal import JetwayCore
internal import JetwayHTTP2
internal import Logging
internal import NIOCore
internal import NIOHPACK

/// A client's connection: turns its streams into calls.
final class DownstreamConnection: HTTP2ConnectionOwner {
    /// What a connection may make the gateway hold before one of its calls has proved who it comes from, in bytes.
    private static let heldUnauthenticated = 64 << 10

    let loop: RelayLoop
    /// The listener that it came to.
    let listener: String?
    private let peer: Peer
    private let wantsLogin: Bool
    private(set) var connection: HTTP2Connection?
    private var entered: SocketAddress??
    private var loginTimer: LoopTimer?
    /// Bytes of calls that are not decided yet.
    private var held = 0
    private var isPaused = false

    /// - Parameter settings: of the listener; nil: none took the connection.
    init(loop: RelayLoop, peer: Peer, settings: ListenerSettings? = nil) {
        self.loop = loop
        self.peer = peer
        self.listener = settings?.address
        self.wantsLogin = settings?.wantsLogin ?? false
    }

    /// Counts the connection. False: there are too many.
    func enter() -> Bool {
        guard loop.shared.admission.enter(peer.address) else { return false }
        entered = .some(peer.address)
        return true
    }

    func makeConnection() -> HTTP2Connection {
        let connection = HTTP2Connection(
            role: .server, limits: loop.limits.downstream, loop: loop.http2, owner: self,
            readsFromPool: !peer.usesTLS)
        self.connection = connection
        loop.add(self)
        if wantsLogin {
            loginTimer = LoopTimer(on: loop.http2.timers) { [weak self] in self?.endUnauthenticated() }
            loginTimer?.schedule(at: .now() + loop.limits.unauthenticatedLife)
        }
        return connection
    }

    func connection(_ connection: HTTP2Connection, opened stream: HTTP2Stream, head: HeaderList, endStream: Bool) {
        let facts = RequestFacts.of(head, limits: loop.limits)
        switch facts.kind {
        case .call(let path, let rpc):
            let call = RelayCall(connection: self, downstream: stream, head: head, facts: facts, path: path, rpc: rpc)
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

    // MARK: Before the first login

    private func endUnauthenticated() {
        guard !peer.isAuthenticated, let connection else { return }
        connection.fail(ConnectionFault(code: .enhanceYourCalm, reason: "limit passed: unauthenticatedLife"))
    }

    /// Calls that are not decided yet hold more bytes, or fewer. Somebody who has not logged in is not read from while they
    /// are many: that stalls nobody else.
    func hold(_ bytes: Int) {
        held += bytes
        guard wantsLogin else { return }
        let isPaused = held > Self.heldUnauthenticated && !peer.isAuthenticated
        guard isPaused != self.isPaused else { return }
        self.isPaused = isPaused
        connection?.setReading(!isPaused)
    }

    // MARK: The end

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
                    "peer": "\(peer.address.map { "\($0)" } ?? "")", "reason": "\(fault.reason)",
                    "limit": "\(fault.limit?.rawValue ?? "")",
                ])
        }
        loginTimer?.cancel()
        if let entered { loop.shared.admission.leave(entered) }
        loop.remove(self)
        self.connection = nil
    }
}
