internal import FlightProtocol
internal import JetwayCore
internal import JetwayHTTP2
internal import NIOCore
internal import NIOHPACK

// Response direction, and every way in which a call ends (gRPC over HTTP/2, "Responses"; see the failure map).
extension RelayCall {
    /// A response's head, or a trailers-only response.
    func receivedResponseHead(_ head: HeaderList, endStream: Bool) {
        guard phase == .relaying else { return }
        guard !isOverdue else { return fail(FailureMap.deadline) }
        let facts = ResponseFacts.of(head)
        if let failure = facts.failure {
            dropsResponse = true
            upstream?.reset(.cancel)
            return fail(failure)
        }
        guard endStream else { return send(head: cleaned(head), edited: .head, endStream: false) }
        guard let status = facts.status else { return fail(FailureMap.missingStatus) }
        send(head: cleaned(head), edited: .trailersOnly, endStream: true)
        ended(status: status)
    }

    /// Without what the upstream says to the gateway alone.
    private func cleaned(_ list: HeaderList) -> HeaderList {
        pool?.rules.response(credentials).rewrite(list) ?? list
    }

    /// Which edits of the stages are for a header list.
    private enum Edited {
        case head
        case trailersOnly
    }

    private func send(head: HeaderList, edited: Edited, endStream: Bool) {
        guard let edits else { return downstream.send(head: head, endStream: endStream) }
        let fields =
            switch edited {
            case .head: edits.responseHead(head.fields)
            case .trailersOnly: edits.trailersOnly(head.fields)
            }
        downstream.send(head: HeaderList(fields), endStream: endStream)
    }

    private func send(trailers: HeaderList) {
        guard let edits, edits.changesTrailers else { return downstream.send(trailers: trailers) }
        downstream.send(trailers: HeaderList(edits.trailers(trailers.fields)))
    }

    func receivedResponse(_ data: ByteBuffer, endStream: Bool) {
        guard phase == .relaying, !dropsResponse else { return upstream?.release(data.readableBytes) ?? () }
        var passed = data
        var end: Rejection?
        if let controls {
            let passage = controls.passResponse(data, meter: &responseMeter)
            (passed, end) = (passage.data, passage.end)
            // What does not go on is paid back here; what does, when it has left.
            let credit = controls.creditOfResponse(received: data.readableBytes, sent: passed.readableBytes)
            if credit > 0 { upstream?.release(credit) }
        } else {
            responseMeter.consume(data)
        }
        if passed.readableBytes > 0 { downstream.send(data: passed, endStream: false) }
        if let end { return fail(end) }
        // A gRPC response ends with trailers. One that ends without has lost its status.
        if endStream { fail(FailureMap.missingStatus) }
    }

    func receivedTrailers(_ trailers: HeaderList) {
        guard phase == .relaying, !dropsResponse else { return }
        guard let status = ResponseFacts.of(trailers).status else { return fail(FailureMap.missingStatus) }
        guard status != .ok || responseMeter.isAtMessageBoundary else {
            return fail(FailureMap.shortMessage)
        }
        send(trailers: cleaned(trailers))
        ended(status: status)
    }

    /// The upstream's own end was passed on.
    private func ended(status: GRPCCode) {
        noteStatus(status)
        // RFC 9113 section 8.1: the rest of the request is not needed, and the response is complete.
        if !downstream.hasReceivedEnd { downstream.reset(.noError, afterFlush: true) }
        if let upstream, !upstream.hasEnded { upstream.reset(.noError) }
        complete(status: status, endedBy: .upstream, reason: nil)
    }

    // MARK: Ends

    func downstreamClosed(_ closure: StreamClosure) {
        guard phase != .over else { return }
        upstream?.reset(.cancel)
        complete(status: nil, endedBy: .downstream, reason: FailureMap.text(closure))
    }

    func upstreamClosed(_ closure: StreamClosure) {
        guard phase == .relaying else { return }
        guard downstream.hasSentHead else { return fail(FailureMap.rejection(beforeHead: closure)) }
        if let code = FailureMap.resetCode(afterHead: closure) {
            downstream.reset(code, afterFlush: true)
            complete(status: nil, endedBy: .upstream, reason: FailureMap.text(closure))
        } else {
            fail(FailureMap.rejection(beforeHead: closure))
        }
    }

    /// Ends the call with a status of the gateway's, where the response still allows one.
    func fail(_ rejection: Rejection) {
        guard phase != .over else { return }
        upstream?.reset(.cancel)
        if !downstream.hasSentHead {
            let head = LocalReply.trailersOnly(rejection.code, rejection.message)
            send(head: head, edited: .trailersOnly, endStream: true)
        } else if responseMeter.isAtMessageBoundary {
            send(trailers: LocalReply.trailers(rejection.code, rejection.message))
        } else {
            // Inside a message only a reset cannot be read as success.
            downstream.reset(rejection.code == .deadlineExceeded ? .cancel : .internalError, afterFlush: true)
            return complete(status: nil, endedBy: rejection.side, reason: rejection.reason ?? rejection.message)
        }
        if !downstream.hasReceivedEnd { downstream.reset(.noError, afterFlush: true) }
        complete(status: rejection.code, endedBy: rejection.side, reason: rejection.reason ?? rejection.message)
    }

    /// The pipeline refused the call.
    func refuse(_ rejection: Rejection, edits: CallEdits?) {
        guard phase != .over else { return }
        if let edits { self.edits = edits }
        fail(rejection)
    }

    func startDeadline(_ deadline: NIODeadline) {
        self.deadline = deadline
        let timer = LoopTimer(on: loop.http2.timers) { [weak self] in self?.fail(FailureMap.deadline) }
        timer.schedule(at: deadline)
        deadlineTimer = timer
    }

    func complete(status: GRPCCode?, endedBy: CallSide, reason: String?) {
        let wasWaiting = phase == .waiting
        phase = .over
        deadlineTimer?.cancel()
        deadlineTimer = nil
        dropEarly()
        if wasWaiting { pool?.abandon(self) }
        pool?.release()
        pool = nil
        controls.take()?.ended()
        // The pipeline may still decide: what it waits for ends.
        firstMessage.take()?.completion(.failure(Rejection(.cancelled, "the call has ended", side: .downstream)))
        task.take()?.cancel()
        guard let completion = self.completion.take() else { return }
        var outcome = Outcome(status: status, endedBy: endedBy, reason: reason)
        outcome.request = requestMeter.traffic
        outcome.response = responseMeter.traffic
        completion(outcome)
    }
}
