internal import FlightProtocol
internal import JetwayHTTP2
internal import NIOHPACK

/// A server's side of a call's header blocks.
final class ServerCallHeaders: CallHeaders {
    /// The same for every call, so that its encoding is remembered.
    private let responseHead: HeaderList

    init(responseHead: HeaderList) {
        self.responseHead = responseHead
    }

    static func makeResponseHead() -> HeaderList {
        HeaderList([":status": "200", "content-type": GRPCContentType.standard])
    }

    func beforeMessages(on stream: HTTP2Stream) {
        guard !stream.hasSentHead else { return }
        stream.send(head: responseHead, endStream: false)
    }

    /// Ends the response: with trailers, or with a trailers-only response if nothing was sent yet.
    func finish(_ status: GRPCStatus, on stream: HTTP2Stream) {
        guard !stream.isClosed, !stream.hasSentEnd else { return }
        var fields: HPACKHeaders = [:]
        if !stream.hasSentHead, status.code != .ok { fields = responseHead.fields }
        for field in status.fields {
            fields.add(
                name: field.name, value: field.value, indexing: field.name == "grpc-status" ? .indexable : .nonIndexable
            )
        }
        if !stream.hasSentHead, status.code != .ok {
            stream.send(head: HeaderList(fields), endStream: true)
        } else {
            beforeMessages(on: stream)
            stream.send(trailers: HeaderList(fields))
        }
        // What the client still sends is not needed (RFC 9113 section 8.1).
        if !stream.hasReceivedEnd { stream.reset(.noError, afterFlush: true) }
    }

    func received(head: HeaderList, endStream: Bool) -> CallStream.End? { nil }

    /// gRPC has no request trailers; what they say is that the request has ended.
    func received(trailers: HeaderList, atBoundary: Bool) -> CallStream.End { receivedEnd(atBoundary: atBoundary) }

    func receivedEnd(atBoundary: Bool) -> CallStream.End {
        atBoundary ? .complete : .failed(FlightError(.invalidArgument, "the request ended inside a message"))
    }

    func refuse(_ error: FlightError, on call: CallStream) {
        // The service's next read throws it, and the call ends with it as its status.
        call.ended(.failed(error))
    }

    func failure(of closure: StreamClosure) -> FlightError {
        FlightError(.cancelled, "the client went away")
    }
}

/// A client's side of a call's header blocks.
final class ClientCallHeaders: CallHeaders {
    func beforeMessages(on stream: HTTP2Stream) {}

    func received(head: HeaderList, endStream: Bool) -> CallStream.End? {
        let fields = head.fields
        if fields.first(name: "grpc-status") != nil { return endStream ? end(of: fields) : nil }
        let status = fields.first(name: ":status") ?? ""
        guard status == "200" else {
            let code = GRPCCode(httpStatus: Int(status) ?? 0)
            return .failed(FlightError(code, "the server answered with HTTP status \(status)"))
        }
        guard GRPCContentType.isGRPC(fields.first(name: "content-type") ?? "") else {
            return .failed(FlightError(.unknown, "the server's answer is not gRPC"))
        }
        return endStream ? .failed(Self.missingStatus) : nil
    }

    func received(trailers: HeaderList, atBoundary: Bool) -> CallStream.End {
        let end = end(of: trailers.fields)
        if case .complete = end, !atBoundary {
            return .failed(FlightError(.internal, "the server's answer ended inside a message"))
        }
        return end
    }

    func receivedEnd(atBoundary: Bool) -> CallStream.End { .failed(Self.missingStatus) }

    func refuse(_ error: FlightError, on call: CallStream) {
        call.fail(error, reset: .cancel)
    }

    func failure(of closure: StreamClosure) -> FlightError {
        switch closure {
        case .reset(let code):
            FlightError(GRPCCode(resetCode: code.rawValue), "the server reset the call with \(code)")
        case .fault(let code): FlightError(.internal, "the server broke the protocol: \(code)")
        case .unprocessed: FlightError(.unavailable, "the server is going away")
        case .limit(let name): FlightError(.resourceExhausted, "the server's answer passed a limit: \(name.rawValue)")
        case .connectionLost(let reason): FlightError(.unavailable, "the connection was lost: \(reason)")
        }
    }

    private static let missingStatus = FlightError(.internal, "the server's answer ended without a status")

    private func end(of fields: HPACKHeaders) -> CallStream.End {
        guard let value = fields.first(name: "grpc-status") else { return .failed(Self.missingStatus) }
        let code = GRPCCode(trailer: value)
        guard code != .ok else { return .complete }
        return .failed(FlightError(code, GRPCStatus.decode(fields.first(name: "grpc-message") ?? "")))
    }
}
