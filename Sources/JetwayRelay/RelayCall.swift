internal import FlightProtocol
internal import JetwayCore
internal import JetwayHTTP2
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
        /// A stage has answered; the status waits for the end of the request.
        case answering
        case over
    }

    let loop: RelayLoop
    let snapshot: RelaySnapshot
    let connection: DownstreamConnection
    let downstream: HTTP2Stream
    let head: HeaderList
    let facts: RequestFacts
    let path: RPCPath
    let received: NIODeadline
    var upstream: HTTP2Stream?
    /// The pool of which the call has a place; nil: it has none.
    var pool: UpstreamPool?
    var phase = Phase.deciding

    /// Request DATA from before the upstream stream was there.
    var early: [ByteBuffer] = []
    var earlyEnd = false
    /// Bytes of `early` whose credit has gone back already, because a stage waits for more than a window.
    var prepaid = 0
    var firstMessage: FirstMessageRead?
    var pendingAnswer: PendingAnswer?
    var edits: CallEdits?
    /// Of calls with limits or filters; most have none.
    var controls: CallControls?
    var credentials = CredentialForwarding.passThrough
    private var principal: Principal?
    private var generation: UpstreamHeaderRules.Generation = 0
    /// Cancelled when the call ends while the pipeline still decides.
    var task: Task<Void, Never>?
    var requestMeter: StreamMeter
    var responseMeter: StreamMeter
    var deadline: NIODeadline?
    var deadlineTimer: LoopTimer?
    /// The upstream's response was not gRPC: it is replaced, and what follows of it is dropped.
    var dropsResponse = false
    var completion: ((Outcome) -> Void)?

    init(
        connection: DownstreamConnection, downstream: HTTP2Stream, head: HeaderList, facts: RequestFacts, path: RPCPath,
        rpc: FlightRPC?
    ) {
        self.loop = connection.loop
        self.snapshot = connection.loop.snapshot
        self.connection = connection
        self.downstream = downstream
        self.head = head
        self.facts = facts
        self.path = path
        self.received = .now()
        self.requestMeter = StreamMeter(countsFlightData: rpc?.sendsFlightData ?? false)
        self.responseMeter = StreamMeter(countsFlightData: rpc?.receivesFlightData ?? false)
    }

    /// Starts the pipeline. It runs at once, up to its first suspension.
    func start(rpc: FlightRPC?, peer: Peer) {
        if let timeout = facts.timeout { startDeadline(received + timeout) }
        let call = Call(
            path: path, rpc: rpc, headers: head.fields, peer: peer, received: received, deadline: deadline,
            memo: facts.memo, exchange: self)
        let bound = NIOLoopBound((call: call, relay: self), eventLoop: loop.eventLoop)
        let pipeline = snapshot.pipeline[rpc]
        let task = Task.immediate(executorPreference: loop.executor) {
            do throws(Rejection) {
                _ = try await pipeline.handle(bound.value.call)
            } catch {
                bound.value.relay.refuse(error, edits: bound.value.call.edits)
            }
            bound.value.relay.pipelineEnded()
        }
        if phase == .deciding { self.task = task }
    }

    private func pipelineEnded() {
        task = nil
        // A stage that neither went on nor answered nor refused would leave the client waiting.
        if phase == .deciding { fail(Rejection(.internal, "the call was not answered")) }
    }

    /// The deadline has passed, though its timer, which is coarse, may not have said so yet.
    var isOverdue: Bool {
        guard let deadline else { return false }
        return deadline <= .now()
    }

    // MARK: The way to the upstream

    func relay(_ call: Call, to target: Target, permit: Permit, completion: @escaping (Outcome) -> Void) {
        guard self.completion == nil, phase == .deciding else {
            return completion(Outcome(status: nil, endedBy: .downstream, reason: "cancelled"))
        }
        self.completion = completion
        edits = call.edits
        if call.governor != nil || call.filter != nil {
            controls = CallControls(governor: call.governor, filter: call.filter, timers: loop.http2.timers)
        }
        credentials = call.credentials
        principal = call.principal
        task = nil
        // It may be the one that has authenticated the connection.
        connection.hold(0)
        guard let pool = snapshot.pool(for: target) else {
            return fail(Rejection(.notFound, "no route for this call"))
        }
        phase = .waiting
        if controls != nil {
            // What has come before the limits were known counts, too.
            requestMeter.restart()
            for data in early where !count(data) { return }
        }
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
        generation = pool.rules.generation
        var head = pool.rules.request(credentials).rewrite(head)
        if let hooks = edits?.requestHooks, !hooks.isEmpty {
            var fields = head.fields
            for hook in hooks { hook(&fields) }
            head = HeaderList(fields)
        }
        stream.send(head: head, appending: ownFields(for: pool), endStream: earlyEnd && early.isEmpty)
        sendEarly(on: stream)
    }

    /// Fields that differ from call to call: the deadline, shrunk by the time that the call has spent here; who calls; what
    /// stages have added.
    private func ownFields(for pool: UpstreamPool) -> HPACKHeaders? {
        let forwarded = forwardedToken(to: pool)
        guard deadline != nil || edits != nil || pool.identity != nil || forwarded != nil else { return nil }
        var fields = edits?.requestFields ?? HPACKHeaders()
        if let forwarded { fields.add(name: "authorization", value: forwarded, indexing: .neverIndexed) }
        if let identity = pool.identity, let principal {
            for (name, value, indexing) in identity.fields(for: principal) {
                fields.add(name: name, value: value, indexing: indexing)
            }
        }
        if let deadline {
            let remaining = max(deadline - .now(), .nanoseconds(1))
            fields.add(name: "grpc-timeout", value: GRPCTimeout.format(remaining), indexing: .nonIndexable)
        }
        return fields.isEmpty ? nil : fields
    }

    private func forwardedToken(to pool: UpstreamPool) -> String? {
        guard case .forward(let token) = credentials, pool.rules.passesCredentials else { return nil }
        return "Bearer " + token
    }

    /// The upstream found the call not authenticated: if a token of the gateway's is the cause, it needs a new one.
    func noteStatus(_ status: GRPCCode) {
        if status == .unauthenticated { pool?.loginWasRefused(generation) }
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
        let bytes = early.reduce(0) { $0 + $1.readableBytes }
        loop.http2.budget.add(-bytes)
        connection.hold(-bytes)
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
        guard stream !== downstream else { return releaseResponse(bytes) }
        let paid = min(bytes, prepaid)
        prepaid -= paid
        guard let controls else { return downstream.release(bytes - paid) }
        controls.release(bytes - paid, .request) { [downstream] in downstream.release($0) }
    }

    func stream(_ stream: HTTP2Stream, closed closure: StreamClosure) {
        if stream === downstream { downstreamClosed(closure) } else { upstreamClosed(closure) }
    }

    /// Gives the upstream credit back for what has left for the client.
    private func releaseResponse(_ bytes: Int) {
        guard let controls else { return upstream?.release(bytes) ?? () }
        let credit = controls.creditOfResponse(delivered: bytes)
        guard credit > 0 else { return }
        controls.release(credit, .response) { [weak upstream] in upstream?.release($0) }
    }

    // MARK: Request direction

    /// Counts what a client sends. False: it passed a limit, and the call has ended.
    private func count(_ data: ByteBuffer) -> Bool {
        guard let controls else {
            requestMeter.consume(data)
            return true
        }
        guard let end = controls.passRequest(data, meter: &requestMeter).end else { return true }
        fail(end)
        return false
    }

    private func receivedRequest(_ data: ByteBuffer, endStream: Bool) {
        switch phase {
        case .relaying:
            guard count(data) else { return }
            guard let upstream, !upstream.isClosed, !upstream.hasSentEnd else {
                // The upstream has answered already: the rest of the upload is swallowed.
                return downstream.release(data.readableBytes)
            }
            upstream.send(data: data, endStream: endStream)
        case .deciding, .waiting:
            guard count(data) else { return }
            // A copy of its size: the slice would hold the whole read buffer.
            if data.readableBytes > 0 {
                early.append(ByteBuffer(bytes: data.readableBytesView))
                loop.http2.budget.add(data.readableBytes)
                connection.hold(data.readableBytes)
            }
            if endStream { earlyEnd = true }
            if firstMessage != nil { readOn(data, isLast: endStream) }
        case .answering:
            downstream.release(data.readableBytes)
            if endStream { endAnswer() }
        case .over:
            downstream.release(data.readableBytes)
        }
    }
}

@available(*, unavailable)
extension RelayCall: Sendable {}
