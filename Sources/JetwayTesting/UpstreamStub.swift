internal import FlightProtocol
internal import JetwayHTTP2
internal import NIOCore
internal import NIOHPACK
internal import Synchronization

/// The Flight server behind an in-memory gateway: answers each call with what the test's closure says.
final class UpstreamStub: HTTP2ConnectionOwner {
    typealias Service = @Sendable (TestRequest) async -> TestResponse

    /// What the stub saw, for tests to look at.
    struct Record: Sendable {
        var requests: [TestRequest] = []
        var begun = 0
        var cancelled = 0
        var sentBytes = 0
    }

    private let service: Service
    /// Outlives the loop, so that tests may look from anywhere.
    final class Recorder: Sendable {
        private let record = Mutex(Record())

        var value: Record { record.withLock { $0 } }

        func note(_ change: (inout Record) -> Void) { record.withLock { change(&$0) } }
    }

    let recorder = Recorder()
    private let loop: any EventLoop

    init(service: @escaping Service, loop: any EventLoop) {
        self.service = service
        self.loop = loop
    }

    func connection(_ connection: HTTP2Connection, opened stream: HTTP2Stream, head: HeaderList, endStream: Bool) {
        recorder.note { $0.begun += 1 }
        let call = StubCall(stub: self, head: head.fields)
        stream.sink = call
        if endStream { call.answer(on: stream) }
    }

    func connectionBecameReady(_ connection: HTTP2Connection) {}
    func connectionCapacityChanged(_ connection: HTTP2Connection) {}
    func connectionIsDraining(_ connection: HTTP2Connection) {}
    func connectionClosed(_ connection: HTTP2Connection, fault: ConnectionFault?) {}

    /// Asks the test for the answer and gives it on the loop.
    func respond(to request: TestRequest, on stream: HTTP2Stream) {
        let bound = NIOLoopBound(stream, eventLoop: loop)
        let service = self.service
        let stub = NIOLoopBound(self, eventLoop: loop)
        Task {
            let response = await service(request)
            bound.eventLoop.execute { stub.value.send(response, on: bound.value) }
        }
    }

    private func send(_ response: TestResponse, on stream: HTTP2Stream) {
        var head = HPACKHeaders([(":status", "200"), ("content-type", "application/grpc")])
        for (name, value, indexing) in response.fields { head.add(name: name, value: value, indexing: indexing) }
        var trailers = HPACKHeaders()
        for (name, value) in GRPCStatus(code: response.status, message: response.message).fields {
            trailers.add(name: name, value: value)
        }
        for (name, value, indexing) in response.trailers { trailers.add(name: name, value: value, indexing: indexing) }
        stream.send(head: HeaderList(head), endStream: false)
        for message in response.messages { stream.send(data: message.withMessagePrefix(), endStream: false) }
        stream.send(trailers: HeaderList(trailers))
    }
}

/// One call at the stub.
private final class StubCall: HTTP2StreamSink {
    private let stub: UpstreamStub
    private let head: HPACKHeaders
    private var messages: [ByteBuffer] = []
    private var assembler = GRPCMessageAssembler(limit: 64 << 20)

    init(stub: UpstreamStub, head: HPACKHeaders) {
        self.stub = stub
        self.head = head
    }

    func stream(_ stream: HTTP2Stream, receivedHead head: HeaderList, endStream: Bool) {}

    func stream(_ stream: HTTP2Stream, received data: ByteBuffer, endStream: Bool) {
        try? assembler.consume(data) { messages.append($0) }
        stream.release(data.readableBytes)
        if endStream { answer(on: stream) }
    }

    func stream(_ stream: HTTP2Stream, receivedTrailers trailers: HeaderList) { answer(on: stream) }

    func stream(_ stream: HTTP2Stream, delivered bytes: Int) { stub.recorder.note { $0.sentBytes += bytes } }

    func stream(_ stream: HTTP2Stream, closed closure: StreamClosure) { stub.recorder.note { $0.cancelled += 1 } }

    func answer(on stream: HTTP2Stream) {
        let request = TestRequest(path: head.first(name: ":path") ?? "", fields: head, messages: messages)
        stub.recorder.note { $0.requests.append(request) }
        stub.respond(to: request, on: stream)
    }
}

extension ByteBuffer {
    /// The message with the five bytes that stand before it.
    func withMessagePrefix() -> ByteBuffer {
        var framed = ByteBuffer()
        framed.writeGRPCMessagePrefix(GRPCMessagePrefix(length: UInt32(clamping: readableBytes)))
        framed.writeImmutableBuffer(self)
        return framed
    }
}

@available(*, unavailable)
extension UpstreamStub: Sendable {}
