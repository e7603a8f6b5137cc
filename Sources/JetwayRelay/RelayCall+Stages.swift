internal import FlightProtocol
internal import JetwayCore
internal import JetwayHTTP2
internal import NIOCore
internal import NIOHPACK

/// A stage that waits for a call's first message. An object, because most calls have none.
final class FirstMessageRead {
    private(set) var collector: GRPCMessageCollector
    /// Bytes of the request that it has taken in.
    private(set) var seen = 0
    let completion: (Result<ByteBuffer?, Rejection>) -> Void

    init(collector: GRPCMessageCollector, completion: @escaping (Result<ByteBuffer?, Rejection>) -> Void) {
        self.collector = collector
        self.completion = completion
    }

    func consume(_ data: ByteBuffer) -> GRPCMessageCollector.Progress {
        seen += data.readableBytes
        return collector.consume(data)
    }
}

/// An answer of a stage whose status waits. An object, because most calls have none.
final class PendingAnswer {
    let answer: LocalAnswer

    init(_ answer: LocalAnswer) {
        self.answer = answer
    }
}

// What stages of the pipeline ask of a call beside relaying it: to read its first message, to answer it themselves.
extension RelayCall {
    /// How long a status waits for the end of the request.
    private static let answerPatience = TimeAmount.seconds(10)

    // MARK: The first message

    func readFirstMessage(upTo limit: Int, completion: @escaping (Result<ByteBuffer?, Rejection>) -> Void) {
        guard phase == .deciding, firstMessage == nil else {
            return completion(.failure(Rejection(.cancelled, "the call has ended", side: .downstream)))
        }
        firstMessage = FirstMessageRead(collector: GRPCMessageCollector(limit: limit), completion: completion)
        for (index, data) in early.enumerated() where firstMessage != nil {
            readOn(data, isLast: earlyEnd && index == early.count - 1)
        }
        if early.isEmpty, earlyEnd { readOn(ByteBuffer(), isLast: true) }
        // It waits for bytes: by now the connection may be read from again.
        if firstMessage != nil { connection.hold(0) }
    }

    /// Takes in what has arrived, until the message is whole.
    ///
    /// - Parameter isLast: whether the request ends behind it.
    func readOn(_ data: ByteBuffer, isLast: Bool) {
        guard let progress = firstMessage?.consume(data) else { return }
        switch progress {
        case .complete:
            endRead { read in
                guard let message = read.collector.message, read.collector.isCompressed else {
                    return .success(read.collector.message)
                }
                return inflate(message, limit: read.collector.limit).map(Optional.some)
            }
        case .tooLarge:
            endRead { .failure(Rejection(.resourceExhausted, "the request is over \($0.collector.limit) bytes")) }
        case .incomplete where isLast:
            let isEmpty = requestMeter.isAtMessageBoundary
            endRead { _ in
                isEmpty ? .success(nil) : .failure(Rejection(.invalidArgument, "the request ends inside a message"))
            }
        case .incomplete:
            // The window may be smaller than the limit: what is read is paid back at once, and only once.
            let unpaid = max(0, (firstMessage?.seen ?? 0) - prepaid)
            prepaid += unpaid
            downstream.release(unpaid)
        }
    }

    /// The copy of a compressed message that is looked at.
    private func inflate(_ message: ByteBuffer, limit: Int) -> Result<ByteBuffer, Rejection> {
        let encoding = head.fields.first(name: "grpc-encoding") ?? "identity"
        do throws(InflatedMessage.Problem) {
            return .success(try InflatedMessage.inflate(message, encoding: encoding, limit: limit))
        } catch {
            switch error {
            case .tooLarge: return .failure(Rejection(.resourceExhausted, "the request is over \(limit) bytes"))
            case .damaged: return .failure(Rejection(.invalidArgument, "the request cannot be decompressed"))
            case .unknownEncoding:
                return .failure(Rejection(.unimplemented, "the request's grpc-encoding is not known here"))
            }
        }
    }

    private func endRead(_ result: (FirstMessageRead) -> Result<ByteBuffer?, Rejection>) {
        guard let read = firstMessage.take() else { return }
        read.completion(result(read))
    }

    // MARK: Answers

    func answer(_ answer: LocalAnswer, edits: CallEdits?, completion: @escaping (Outcome) -> Void) {
        guard self.completion == nil, phase == .deciding else {
            return completion(Outcome(status: nil, endedBy: .downstream, reason: "cancelled"))
        }
        self.completion = completion
        self.edits = edits
        task = nil
        var head = HPACKHeaders([(":status", "200"), ("content-type", "application/grpc")])
        for (name, value, indexing) in answer.headers { head.add(name: name, value: value, indexing: indexing) }
        downstream.send(head: HeaderList(edits?.responseHead(head) ?? head), endStream: false)
        for message in answer.messages {
            var data = ByteBuffer()
            data.writeGRPCMessagePrefix(GRPCMessagePrefix(length: UInt32(clamping: message.readableBytes)))
            data.writeImmutableBuffer(message)
            responseMeter.consume(data)
            downstream.send(data: data, endStream: false)
        }
        // Nobody takes what has come: the client may send the rest of it.
        let held = early.reduce(0) { $0 + $1.readableBytes }
        downstream.release(max(0, held - prepaid))
        dropEarly()
        connection.hold(0)
        pendingAnswer = PendingAnswer(answer)
        phase = .answering
        if earlyEnd || !answer.waitsForRequestEnd { return endAnswer() }
        let timer = LoopTimer(on: loop.http2.timers) { [weak self] in self?.endAnswer() }
        timer.schedule(at: min(.now() + Self.answerPatience, deadline ?? .distantFuture))
        deadlineTimer?.cancel()
        deadlineTimer = timer
    }

    /// The status of an answer, behind everything else.
    func endAnswer() {
        guard phase == .answering, let answer = pendingAnswer.take()?.answer else { return }
        var fields = LocalReply.trailers(answer.code, answer.message).fields
        for (name, value, indexing) in answer.trailers { fields.add(name: name, value: value, indexing: indexing) }
        downstream.send(trailers: HeaderList(edits?.trailers(fields) ?? fields))
        if !downstream.hasReceivedEnd { downstream.reset(.noError, afterFlush: true) }
        complete(status: answer.code, endedBy: .gateway, reason: answer.message.isEmpty ? nil : answer.message)
    }
}
