internal import FlightProtocol
internal import JetwayHTTP2
internal import NIOCore
internal import NIOHPACK

/// One call's stream as messages, with back-pressure both ways: what sits between `HTTP2Stream` and tasks.
///
/// The peer gets credit back when a reader asks for more, so that a call nobody reads holds one window. A writer waits
/// while more than `outboundMark` bytes have not left. Confined to the stream's event loop; `CallHandle` is its way out.
final class CallStream: HTTP2StreamSink {
    typealias Received = CheckedContinuation<ByteBuffer?, any Error>
    typealias Sent = CheckedContinuation<Void, any Error>

    /// How the other direction ended.
    enum End {
        /// In order: with END_STREAM of a client, with status OK of a server.
        case complete
        case failed(FlightError)
    }

    /// Bytes that may wait for window and socket before a writer waits, too.
    private static let outboundMark = 2 << 20

    var stream: HTTP2Stream?
    /// How the stream's other end gave its end: nil while it is open.
    private(set) var end: End?
    /// Called once, when the stream is over for both sides before this side has ended it.
    var whenAbandoned: (() -> Void)?
    /// What comes before and behind the messages: the roles differ in it.
    private let headers: any CallHeaders
    private var assembler: GRPCMessageAssembler
    private var arrived = CircularBuffer<ByteBuffer>()
    private var reader: Received?
    private var writers = CircularBuffer<Sent>()
    /// Received bytes for which the peer has no credit yet.
    private var owed = 0
    /// Sent bytes that have not left.
    private var outstanding = 0

    init(headers: any CallHeaders, messageLimit: Int) {
        self.headers = headers
        self.assembler = GRPCMessageAssembler(limit: messageLimit)
    }

    // MARK: Reading

    /// Gives the next message to `continuation`, now or later; nil at the end of the direction.
    func receive(_ continuation: Received) {
        if let message = arrived.popFirst() {
            continuation.resume(returning: message)
            if arrived.isEmpty { giveCredit() }
            return
        }
        switch end {
        case .complete: continuation.resume(returning: nil)
        case .failed(let error): continuation.resume(throwing: error)
        case nil where reader != nil:
            continuation.resume(throwing: FlightError(.internal, "two tasks read one stream"))
        case nil:
            reader = continuation
            giveCredit()
        }
    }

    private func giveCredit() {
        guard owed > 0 else { return }
        stream?.release(owed)
        owed = 0
    }

    private func deliver(_ message: ByteBuffer) {
        guard let reader = reader.take() else { return arrived.append(message) }
        reader.resume(returning: message)
    }

    private func finishReading(_ end: End) {
        guard self.end == nil else { return }
        self.end = end
        guard let reader = reader.take() else { return }
        switch end {
        case .complete: reader.resume(returning: nil)
        case .failed(let error): reader.resume(throwing: error)
        }
    }

    // MARK: Writing

    /// Sends bytes; `continuation` goes on when there is room for more.
    func send(_ parts: [ByteBuffer], _ continuation: Sent) {
        guard let stream, !stream.isClosed, !stream.hasSentEnd else {
            return continuation.resume(throwing: writeFailure)
        }
        headers.beforeMessages(on: stream)
        for part in parts where part.readableBytes > 0 {
            outstanding += part.readableBytes
            stream.send(data: part, endStream: false)
        }
        if outstanding <= Self.outboundMark { continuation.resume() } else { writers.append(continuation) }
    }

    private var writeFailure: FlightError {
        if case .failed(let error) = end { return error }
        return FlightError(.failedPrecondition, "the call has ended; nothing more can be written to it")
    }

    private func wakeWriters() {
        while outstanding <= Self.outboundMark, let writer = writers.popFirst() { writer.resume() }
    }

    private func failWriters(_ error: FlightError? = nil) {
        let error = error ?? writeFailure
        while let writer = writers.popFirst() { writer.resume(throwing: error) }
    }

    // MARK: Ends

    /// Ends both directions at once; who reads or writes is told `error`.
    func fail(_ error: FlightError, reset code: HTTP2ErrorCode) {
        finishReading(.failed(error))
        whenAbandoned = nil
        stream?.reset(code)
        failWriters(error)
        arrived.removeAll()
    }

    /// What the peer sent cannot be read.
    func refuse(_ error: FlightError) {
        headers.refuse(error, on: self)
    }

    /// The other end's part is over; what has arrived can still be read.
    func ended(_ end: End) {
        finishReading(end)
        if case .failed = end { failWriters() }
    }

    // MARK: Events

    func stream(_ stream: HTTP2Stream, receivedHead head: HeaderList, endStream: Bool) {
        guard let end = headers.received(head: head, endStream: endStream) else { return }
        ended(end)
        if !endStream { stream.reset(.cancel) }
    }

    func stream(_ stream: HTTP2Stream, received data: ByteBuffer, endStream: Bool) {
        owed += data.readableBytes
        guard end == nil else { return giveCredit() }
        do {
            try assembler.consume(data) { deliver($0) }
        } catch {
            let code: GRPCCode = error == .compressed ? .unimplemented : .resourceExhausted
            return refuse(FlightError(code, "\(error)"))
        }
        if endStream {
            ended(headers.receivedEnd(atBoundary: assembler.isAtMessageBoundary))
        } else if arrived.isEmpty {
            giveCredit()
        }
    }

    func stream(_ stream: HTTP2Stream, receivedTrailers trailers: HeaderList) {
        ended(headers.received(trailers: trailers, atBoundary: assembler.isAtMessageBoundary))
    }

    func stream(_ stream: HTTP2Stream, delivered bytes: Int) {
        outstanding -= bytes
        wakeWriters()
    }

    func stream(_ stream: HTTP2Stream, closed closure: StreamClosure) {
        // RST_STREAM(NO_ERROR) behind a complete response only stops the request (RFC 9113 section 8.1).
        if end == nil { arrived.removeAll() }
        finishReading(.failed(headers.failure(of: closure)))
        failWriters()
        whenAbandoned.take()?()
    }
}

@available(*, unavailable)
extension CallStream: Sendable {}

/// What a role does with header blocks and ends.
protocol CallHeaders: AnyObject {
    /// Called before every message that is sent.
    func beforeMessages(on stream: HTTP2Stream)
    /// A response's head; how the call ended, if it ends with it.
    func received(head: HeaderList, endStream: Bool) -> CallStream.End?
    func received(trailers: HeaderList, atBoundary: Bool) -> CallStream.End
    /// END_STREAM came with DATA.
    func receivedEnd(atBoundary: Bool) -> CallStream.End
    /// The peer sent something that cannot be read.
    func refuse(_ error: FlightError, on call: CallStream)
    /// What an abnormal end means for this side.
    func failure(of closure: StreamClosure) -> FlightError
}
