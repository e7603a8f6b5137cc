internal import FlightProtocol
internal import JetwayCore
internal import JetwayHTTP2
internal import Logging
internal import NIOCore
internal import NIOHPACK

/// One call on its way through: the client's stream, the pipeline's task, the upstream's stream, and what flows between.
///
/// Data never waits here. A stream's DATA is handed to the other stream, which queues it as long as window or socket need,
/// and its credit goes back when it has left. All on one event loop.
final class RelayCall: HTTP2StreamSink, Exchange {
    /// How far the call is.
    enum Phase {
        /// The pipeline decides; what the client sends is kept, at most one stream window.
        case deciding
        /// The pipeline has decided; the pool looks for a connection.
        case waiting
        case relaying
        case over
    }

    let loop: RelayLoop
    let downstream: HTTP2Stream
    let head: HeaderList
    let facts: RequestFacts
    let path: RPCPath
    let received: NIODeadline
    var upstream: HTTP2Stream?
    var pool: UpstreamPool?
    var phase = Phase.deciding

    /// Request DATA from before the upstream stream was there.
    var early: [ByteBuffer] = []
    var earlyEnd = false
    var requestMeter: StreamMeter
    var responseMeter: StreamMeter
    var deadline: NIODeadline?
    var deadlineTimer: LoopTimer?
    /// The upstream's response was not gRPC: it is replaced, and what follows of it is dropped.
    var dropsResponse = false
    var completion: ((Outcome) -> Void)?

    init(
        loop: RelayLoop, downstream: HTTP2Stream, head: HeaderList, facts: RequestFacts, path: RPCPath, rpc: FlightRPC?
    ) {
        self.loop = loop
        self.downstream = downstream
        self.head = head
        self.facts = facts
        self.path = path
        self.received = .now()
        self.requestMeter = StreamMeter(countsFlightData: rpc?.sendsFlightData ?? false)
        self.responseMeter = StreamMeter(countsFlightData: rpc?.receivesFlightData ?? false)
    }

    /// Starts the pipeline. It runs at once, up to its first suspension.
    func start(rpc: FlightRPC?, peer: SocketAddress?) {
        if let timeout = facts.timeout { startDeadline(received + timeout) }
        let call = Call(
            path: path, rpc: rpc, headers: head.fields, peer: peer, received: received, deadline: deadline,
            exchange: self)
        let bound = NIOLoopBound((call: call, relay: self), eventLoop: loop.eventLoop)
        let pipeline = loop.pipeline
        Task.immediate(executorPreference: loop.executor) {
            let outcome: Outcome
            do throws(Rejection) {
                outcome = try await pipeline.handle(bound.value.call)
            } catch {
                outcome = bound.value.relay.refuse(error)
            }
            bound.value.relay.finished(outcome)
        }
    }

    private func finished(_ outcome: Outcome) {
        guard loop.logsCalls else { return }
        var outcome = outcome
        outcome.duration = .now() - received
        loop.log(outcome, path: path)
    }

    /// The deadline has passed, though its timer, which is coarse, may not have said so yet.
    var isOverdue: Bool {
        guard let deadline else { return false }
        return deadline <= .now()
    }

    // MARK: The way to the upstream

    func relay(to target: Target, permit: Permit, completion: @escaping (Outcome) -> Void) {
        self.completion = completion
        guard phase == .deciding else { return complete(status: nil, endedBy: .downstream, reason: "cancelled") }
        guard let pool = loop.pool(for: target) else {
            return fail(Rejection(.notFound, "no route for this call"))
        }
        phase = .waiting
        self.pool = pool
        pool.acquire(for: self)
    }

    /// The pool has a connection: the upstream's stream begins.
    func open(on connection: HTTP2Connection) {
        guard phase == .waiting, let pool else { return }
        guard !isOverdue else { return fail(FailureMap.deadline) }
        guard let stream = connection.openStream(sink: self) else {
            return fail(FailureMap.noConnection(reason: "the connection takes no more calls"))
        }
        phase = .relaying
        upstream = stream
        stream.send(head: pool.rules.rewrite(head), appending: remainingTimeout(), endStream: earlyEnd && early.isEmpty)
        sendEarly(on: stream)
    }

    /// The deadline goes on shrunk by the time that the call has spent here.
    private func remainingTimeout() -> HPACKHeaders? {
        guard let deadline else { return nil }
        let remaining = max(deadline - .now(), .nanoseconds(1))
        var fields = HPACKHeaders()
        fields.add(name: "grpc-timeout", value: GRPCTimeout.format(remaining), indexing: .nonIndexable)
        return fields
    }

    private func sendEarly(on stream: HTTP2Stream) {
        let last = early.count - 1
        for (index, data) in early.enumerated() {
            stream.send(data: data, endStream: earlyEnd && index == last)
        }
        dropEarly()
    }

    func dropEarly() {
        guard !early.isEmpty else { return }
        loop.http2.budget.add(-early.reduce(0) { $0 + $1.readableBytes })
        early = []
    }

    // MARK: Events of both streams

    func stream(_ stream: HTTP2Stream, receivedHead head: HeaderList, endStream: Bool) {
        receivedResponseHead(head, endStream: endStream)
    }

    func stream(_ stream: HTTP2Stream, received data: ByteBuffer, endStream: Bool) {
        if stream === downstream {
            receivedRequest(data, endStream: endStream)
        } else {
            receivedResponse(data, endStream: endStream)
        }
    }

    func stream(_ stream: HTTP2Stream, receivedTrailers trailers: HeaderList) {
        if stream === downstream {
            // gRPC has no request trailers; what they say is that the request has ended.
            receivedRequest(ByteBuffer(), endStream: true)
        } else {
            receivedTrailers(trailers)
        }
    }

    func stream(_ stream: HTTP2Stream, delivered bytes: Int) {
        if stream === downstream { upstream?.release(bytes) } else { downstream.release(bytes) }
    }

    func stream(_ stream: HTTP2Stream, closed closure: StreamClosure) {
        if stream === downstream { downstreamClosed(closure) } else { upstreamClosed(closure) }
    }

    // MARK: Request direction

    private func receivedRequest(_ data: ByteBuffer, endStream: Bool) {
        switch phase {
        case .relaying:
            requestMeter.consume(data)
            guard let upstream, !upstream.isClosed, !upstream.hasSentEnd else {
                // The upstream has answered already: the rest of the upload is swallowed.
                return downstream.release(data.readableBytes)
            }
            upstream.send(data: data, endStream: endStream)
        case .deciding, .waiting:
            requestMeter.consume(data)
            // A copy of its size: the slice would hold the whole read buffer.
            if data.readableBytes > 0 {
                early.append(ByteBuffer(bytes: data.readableBytesView))
                loop.http2.budget.add(data.readableBytes)
            }
            if endStream { earlyEnd = true }
        case .over:
            downstream.release(data.readableBytes)
        }
    }
}

@available(*, unavailable)
extension RelayCall: Sendable {}
