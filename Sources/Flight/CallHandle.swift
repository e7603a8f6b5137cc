internal import FlightProtocol
internal import JetwayHTTP2
package import NIOCore

/// A call's stream for tasks anywhere: each use hops to the stream's event loop, or happens at once where that already runs.
///
/// A client's call that nobody holds any more is cancelled.
final class CallHandle: Sendable {
    private let call: NIOLoopBound<CallStream>
    private let cancelsWhenDropped: Bool

    /// Must be called on the call's event loop.
    init(_ call: CallStream, on eventLoop: any EventLoop, cancelsWhenDropped: Bool) {
        self.call = NIOLoopBound(call, eventLoop: eventLoop)
        self.cancelsWhenDropped = cancelsWhenDropped
    }

    deinit {
        guard cancelsWhenDropped else { return }
        let call = call
        Self.run(call) { Self.cancel($0) }
    }

    /// The next message's bytes; nil at the end of the direction.
    func receive() async throws -> ByteBuffer? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                perform { $0.receive(continuation) }
            }
        } onCancel: {
            perform { Self.cancel($0) }
        }
    }

    /// Sends bytes and waits while too many have not left.
    func send(_ parts: [ByteBuffer]) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                perform { $0.send(parts, continuation) }
            }
        } onCancel: {
            perform { Self.cancel($0) }
        }
    }

    /// Ends this side's direction.
    func finish() {
        perform { $0.stream?.send(data: ByteBuffer(), endStream: true) }
    }

    /// Tells the other end that what it sent cannot be read.
    func refuse(_ error: FlightError) {
        perform { $0.refuse(error) }
    }

    /// Ends the call, unless both directions are over: a server's answer must still leave, and it may wait for a window.
    private static func cancel(_ call: CallStream) {
        guard let stream = call.stream, call.end == nil || !stream.hasSentEnd else { return }
        call.fail(FlightError(.cancelled, "the call was cancelled"), reset: .cancel)
    }

    private func perform(_ body: @escaping @Sendable (CallStream) -> Void) {
        Self.run(call, body)
    }

    private static func run(_ call: NIOLoopBound<CallStream>, _ body: @escaping @Sendable (CallStream) -> Void) {
        if call.eventLoop.inEventLoop {
            body(call.value)
        } else {
            call.eventLoop.execute { body(call.value) }
        }
    }
}

/// The messages that come in on a call.
package struct FlightReader<Message: FlightMessage>: AsyncSequence, Sendable {
    let call: CallHandle

    /// The next message, or nil when the other side has ended its direction in order.
    ///
    /// - Throws: `FlightError`, when the call failed.
    package func next() async throws -> Message? {
        guard let bytes = try await call.receive() else { return nil }
        do {
            return try Message(reading: bytes)
        } catch {
            call.refuse(error)
            throw error
        }
    }

    package struct AsyncIterator: AsyncIteratorProtocol {
        let reader: FlightReader<Message>

        package mutating func next() async throws -> Message? {
            try await reader.next()
        }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(reader: self) }
}

/// The messages that go out on a call.
package struct FlightWriter<Message: FlightMessage>: Sendable {
    let call: CallHandle

    /// Sends a message; waits while the other side does not keep up.
    ///
    /// - Throws: `FlightError`, when the call has ended.
    package func write(_ message: Message) async throws {
        var head = ByteBuffer()
        let body = try message.write(into: &head)
        try await call.send(body.map { [head, $0] } ?? [head])
    }
}

extension FlightWriter<FlightData> {
    /// Sends a message whose body comes in pieces, so that none is ever held whole.
    ///
    /// - Parameters:
    ///   - data: the message without its body.
    ///   - bodyLength: bytes of the body.
    ///   - nextPiece: asked until the body is complete; a piece must not be empty.
    package func write(
        _ data: FlightData, bodyLength: Int, nextPiece: (_ missing: Int) async throws -> ByteBuffer
    ) async throws {
        var head = ByteBuffer()
        try data.writeHead(bodyLength: bodyLength, into: &head)
        var missing = bodyLength
        repeat {
            let piece = missing > 0 ? try await nextPiece(missing) : ByteBuffer()
            guard piece.readableBytes <= missing, missing == 0 || piece.readableBytes > 0 else {
                throw FlightError(.internal, "a body is not as long as was said")
            }
            missing -= piece.readableBytes
            try await call.send([head, piece])
            head.clear()
        } while missing > 0
    }
}
