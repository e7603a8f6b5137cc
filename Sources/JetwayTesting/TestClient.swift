internal import FlightProtocol
internal import JetwayHTTP2
internal import NIOCore
internal import NIOHPACK

/// The client's end of an in-memory gateway.
final class TestClient: HTTP2ConnectionOwner {
    private let loop: any EventLoop
    private var connection: HTTP2Connection?
    private var waiting: [() -> Void] = []

    init(loop: any EventLoop) {
        self.loop = loop
    }

    func makeConnection(_ http2: HTTP2Loop) -> HTTP2Connection {
        let connection = HTTP2Connection(role: .client, limits: .upstream, loop: http2, owner: self)
        self.connection = connection
        return connection
    }

    /// Begins a call. `reads`: whether what comes is taken in; otherwise the window closes.
    func start(_ request: TestRequest, reads: Bool, completion: @escaping (TestResponse) -> Void) -> ClientCall {
        let call = ClientCall(reads: reads, completion: completion)
        let begin = { [self] in
            guard let stream = connection?.openStream(sink: call) else {
                return call.finish(TestResponse(status: .unavailable, message: "no stream"))
            }
            call.stream = stream
            var head = HPACKHeaders([
                (":method", "POST"), (":scheme", "http"), (":path", request.path), (":authority", "gateway"),
                ("content-type", "application/grpc"), ("te", "trailers"),
            ])
            for (name, value, indexing) in request.fields { head.add(name: name, value: value, indexing: indexing) }
            stream.send(head: HeaderList(head), endStream: false)
            for message in request.messages { stream.send(data: message.withMessagePrefix(), endStream: false) }
            stream.send(data: ByteBuffer(), endStream: true)
        }
        if connection?.canOpenStream ?? false { begin() } else { waiting.append(begin) }
        return call
    }

    func close() { connection?.close() }

    func connectionBecameReady(_ connection: HTTP2Connection) {
        let calls = waiting
        waiting = []
        for begin in calls { begin() }
    }

    func connection(_ connection: HTTP2Connection, opened stream: HTTP2Stream, head: HeaderList, endStream: Bool) {
        stream.reset(.refusedStream)
    }

    func connectionCapacityChanged(_ connection: HTTP2Connection) {}
    func connectionIsDraining(_ connection: HTTP2Connection) {}
    func connectionClosed(_ connection: HTTP2Connection, fault: ConnectionFault?) {}
}

/// One call of the test's client.
final class ClientCall: HTTP2StreamSink {
    weak var stream: HTTP2Stream?
    private let reads: Bool
    private var completion: ((TestResponse) -> Void)?
    private var response = TestResponse()
    private var assembler = GRPCMessageAssembler(limit: 64 << 20)

    init(reads: Bool, completion: @escaping (TestResponse) -> Void) {
        self.reads = reads
        self.completion = completion
    }

    /// The client goes away.
    func cancel() {
        stream?.reset(.cancel)
        finish(TestResponse(status: .cancelled, message: "cancelled by the test"))
    }

    func stream(_ stream: HTTP2Stream, receivedHead head: HeaderList, endStream: Bool) {
        response.fields = head.fields
        if endStream { ended(head.fields) }
    }

    func stream(_ stream: HTTP2Stream, received data: ByteBuffer, endStream: Bool) {
        try? assembler.consume(data) { response.messages.append($0) }
        if reads { stream.release(data.readableBytes) }
    }

    func stream(_ stream: HTTP2Stream, receivedTrailers trailers: HeaderList) { ended(trailers.fields) }
    func stream(_ stream: HTTP2Stream, delivered bytes: Int) {}

    func stream(_ stream: HTTP2Stream, closed closure: StreamClosure) {
        finish(TestResponse(status: .unknown, message: "the stream was reset"))
    }

    private func ended(_ trailers: HPACKHeaders) {
        response.trailers = trailers
        response.status = trailers.first(name: "grpc-status").map { GRPCCode(trailer: $0) } ?? .unknown
        response.message = trailers.first(name: "grpc-message").map { GRPCStatus.decode($0) } ?? ""
        finish(response)
    }

    func finish(_ response: TestResponse) {
        completion.take()?(response)
    }
}

@available(*, unavailable)
extension TestClient: Sendable {}

@available(*, unavailable)
extension ClientCall: Sendable {}
