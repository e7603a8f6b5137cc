internal import FlightProtocol
internal import JetwayCore
internal import JetwayHTTP2
internal import NIOCore
internal import NIOHPACK

/// Responses that the gateway itself gives.
enum LocalReply {
    /// A trailers-only response: HTTP 200 and a gRPC status (gRPC over HTTP/2, "Responses").
    static func trailersOnly(_ code: GRPCCode, _ message: String) -> HeaderList {
        var fields = HPACKHeaders()
        fields.add(name: ":status", value: "200")
        fields.add(name: "content-type", value: "application/grpc")
        add(code, message, to: &fields)
        return HeaderList(fields)
    }

    /// Trailers behind a response that had begun.
    static func trailers(_ code: GRPCCode, _ message: String) -> HeaderList {
        var fields = HPACKHeaders()
        add(code, message, to: &fields)
        return HeaderList(fields)
    }

    private static func add(_ code: GRPCCode, _ message: String, to fields: inout HPACKHeaders) {
        for field in GRPCStatus(code: code, message: message).fields {
            fields.add(
                name: field.name, value: field.value,
                indexing: field.name == "grpc-message" ? .nonIndexable : .indexable)
        }
    }
}

/// Answers a request that is not for an upstream: a health probe, or something that is not gRPC.
///
/// It waits for the request's end, swallowing its body, so that a client that is still sending is not cut off.
final class LocalResponder: HTTP2StreamSink {
    private static let bodyLimit = 64 * 1024

    private let status: String
    private let body: String
    private var received = 0

    init(status: String, body: String) {
        self.status = status
        self.body = body
    }

    static func health() -> LocalResponder {
        LocalResponder(status: "200", body: "{\"status\":\"serving\"}\n")
    }

    static func notGRPC(status: String) -> LocalResponder {
        LocalResponder(status: status, body: "this port serves Arrow Flight (gRPC over HTTP/2)\n")
    }

    /// A response to HEAD has no content (RFC 9110 section 9.3.2).
    func withoutContent() -> LocalResponder {
        LocalResponder(status: status, body: "")
    }

    func answer(on stream: HTTP2Stream) {
        guard !stream.hasSentHead else { return }
        var fields = HPACKHeaders()
        fields.add(name: ":status", value: status)
        fields.add(name: "content-type", value: body.hasPrefix("{") ? "application/json" : "text/plain")
        stream.send(head: HeaderList(fields), endStream: body.isEmpty)
        stream.send(data: ByteBuffer(string: body), endStream: true)
        if !stream.hasReceivedEnd { stream.reset(.noError, afterFlush: true) }
    }

    func stream(_ stream: HTTP2Stream, received data: ByteBuffer, endStream: Bool) {
        received += data.readableBytes
        stream.release(data.readableBytes)
        if endStream || received > Self.bodyLimit { answer(on: stream) }
    }

    func stream(_ stream: HTTP2Stream, receivedTrailers trailers: HeaderList) { answer(on: stream) }
    func stream(_ stream: HTTP2Stream, receivedHead head: HeaderList, endStream: Bool) {}
    func stream(_ stream: HTTP2Stream, delivered bytes: Int) {}
    func stream(_ stream: HTTP2Stream, closed closure: StreamClosure) {}
}
