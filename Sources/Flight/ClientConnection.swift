internal import FlightProtocol
internal import JetwayHTTP2
internal import NIOCore
internal import NIOHPACK

/// A client's connection: opens streams as soon as the server takes them. Confined to its event loop.
final class ClientConnection: HTTP2ConnectionOwner {
    typealias Opened = CheckedContinuation<CallHandle, any Error>

    /// A call that waits for its stream.
    private struct Waiting {
        let head: HeaderList
        let continuation: Opened
    }

    private let eventLoop: any EventLoop
    private let messageLimit: Int
    private var http2: HTTP2Connection?
    private var waiting = CircularBuffer<Waiting>()
    private var ending: FlightError?

    init(eventLoop: any EventLoop, messageLimit: Int) {
        self.eventLoop = eventLoop
        self.messageLimit = messageLimit
    }

    func makeConnection(limits: HTTP2Limits, loop: HTTP2Loop, usesTLS: Bool) -> HTTP2Connection {
        let connection = HTTP2Connection(
            role: .client, limits: limits, loop: loop, owner: self, readsFromPool: !usesTLS)
        http2 = connection
        return connection
    }

    /// Opens a stream, now or when the server allows one more.
    func open(_ head: HeaderList, _ continuation: Opened) {
        if let ending { return continuation.resume(throwing: ending) }
        waiting.append(Waiting(head: head, continuation: continuation))
        openWaiting()
    }

    private func openWaiting() {
        while let http2, http2.canOpenStream, let next = waiting.popFirst() {
            let call = CallStream(headers: ClientCallHeaders(), messageLimit: messageLimit)
            guard let stream = http2.openStream(sink: call) else { return waiting.prepend(next) }
            call.stream = stream
            stream.send(head: next.head, endStream: false)
            next.continuation.resume(returning: CallHandle(call, on: eventLoop, cancelsWhenDropped: true))
        }
    }

    private func end(_ error: FlightError) {
        guard ending == nil else { return }
        ending = error
        while let next = waiting.popFirst() { next.continuation.resume(throwing: error) }
    }

    /// Takes no new calls and closes with the last one.
    func drain() {
        end(FlightError(.unavailable, "the client is closed"))
        http2?.drain()
    }

    func connection(_ connection: HTTP2Connection, opened stream: HTTP2Stream, head: HeaderList, endStream: Bool) {}
    func connectionBecameReady(_ connection: HTTP2Connection) { openWaiting() }
    func connectionCapacityChanged(_ connection: HTTP2Connection) { openWaiting() }

    func connectionIsDraining(_ connection: HTTP2Connection) {
        end(FlightError(.unavailable, "the server is going away"))
    }

    func connectionClosed(_ connection: HTTP2Connection, fault: ConnectionFault?) {
        end(FlightError(.unavailable, "the connection was lost: \(connection.closeReason)"))
        http2 = nil
    }
}

@available(*, unavailable)
extension ClientConnection: Sendable {}
