internal import FlightProtocol
internal import JetwayCore
internal import JetwayHTTP2
internal import NIOCore
internal import NIOHPACK

/// One Flight handshake with an upstream, for the gateway's own account.
final class UpstreamLogin: HTTP2StreamSink {
    /// What a server may answer, in bytes: a token.
    private static let answerLimit = 64 << 10
    private static let patience = TimeAmount.seconds(10)

    private let settings: UpstreamCredentials.LoginSettings
    private let authority: String
    private let scheme: String
    private var completion: ((Result<HPACKHeaders, Failure>) -> Void)?
    private var message: GRPCMessageCollector
    private var bearer: String?
    private var timer: LoopTimer?

    /// Why there is no token, for the log.
    struct Failure: Error {
        let reason: String
    }

    init(
        settings: UpstreamCredentials.LoginSettings, endpoint: FlightLocation,
        completion: @escaping (Result<HPACKHeaders, Failure>) -> Void
    ) {
        self.settings = settings
        self.authority = endpoint.authority
        self.scheme = endpoint.usesTLS ? "https" : "http"
        self.completion = completion
        self.message = GRPCMessageCollector(limit: Self.answerLimit)
    }

    /// Begins; the completion is called exactly once, with the fields that prove the login.
    func start(on connection: HTTP2Connection) {
        guard let stream = connection.openStream(sink: self) else { return finish("the connection takes no calls") }
        // The stream alone would not keep this object past its reset.
        timer = LoopTimer(on: connection.loop.timers) { [self, weak stream] in
            finish("no answer to the handshake in time")
            stream?.reset(.cancel)
        }
        timer?.schedule(at: .now() + Self.patience)
        var fields = HPACKHeaders([
            (":method", "POST"), (":scheme", scheme), (":path", FlightRPC.handshake.path), (":authority", authority),
            ("content-type", "application/grpc"), ("te", "trailers"),
        ])
        switch settings.form {
        case .header:
            let credential = BinaryMetadata.encodePadded("\(settings.username):\(settings.password)".utf8)
            fields.add(name: "authorization", value: "Basic \(credential)", indexing: .neverIndexed)
            stream.send(head: HeaderList(fields), endStream: true)
        case .payload:
            stream.send(head: HeaderList(fields), endStream: false)
            stream.send(data: request(), endStream: true)
        }
    }

    private func request() -> ByteBuffer {
        let message = HandshakeMessages.request(
            HandshakeMessages.BasicAuth(username: settings.username, password: settings.password))
        var buffer = ByteBuffer()
        buffer.writeGRPCMessagePrefix(GRPCMessagePrefix(length: UInt32(clamping: message.readableBytes)))
        buffer.writeImmutableBuffer(message)
        return buffer
    }

    // MARK: The answer

    func stream(_ stream: HTTP2Stream, receivedHead head: HeaderList, endStream: Bool) {
        noteBearer(head)
        if let failure = ResponseFacts.of(head).failure {
            stream.reset(.cancel)
            return finish(failure.message)
        }
        if endStream { ended(head) }
    }

    func stream(_ stream: HTTP2Stream, received data: ByteBuffer, endStream: Bool) {
        stream.release(data.readableBytes)
        guard message.consume(data) != .tooLarge else {
            stream.reset(.cancel)
            return finish("the answer to the handshake is too long")
        }
        if endStream { finish("the answer to the handshake has no status") }
    }

    func stream(_ stream: HTTP2Stream, receivedTrailers trailers: HeaderList) {
        noteBearer(trailers)
        ended(trailers)
    }

    func stream(_ stream: HTTP2Stream, delivered bytes: Int) {}

    func stream(_ stream: HTTP2Stream, closed closure: StreamClosure) {
        finish(FailureMap.text(closure))
    }

    private func noteBearer(_ list: HeaderList) {
        guard let value = list.fields.first(name: "authorization") else { return }
        if value.prefix(7).lowercased() == "bearer " { bearer = value }
    }

    private func ended(_ list: HeaderList) {
        let status = ResponseFacts.of(list).status ?? .unknown
        guard status == .ok else {
            // The upstream's words go into a line of the log.
            let words = list.fields.first(name: "grpc-message").map { GRPCStatus.decode($0) } ?? ""
            let text = String(
                String.UnicodeScalarView(
                    words.unicodeScalars.prefix(256).filter { $0.value >= 0x20 && $0.value != 0x7f }))
            return finish("the upstream refused the handshake: \(status) \(text)")
        }
        var fields = HPACKHeaders()
        switch settings.form {
        case .header:
            guard let bearer else { return finish("the upstream gave no bearer token") }
            fields.add(name: "authorization", value: bearer, indexing: .neverIndexed)
        case .payload:
            guard let token = message.message.flatMap(HandshakeMessages.payload(in:)) else {
                return finish("the upstream gave no token")
            }
            fields.add(name: "auth-token-bin", value: BinaryMetadata.encode(token), indexing: .neverIndexed)
        }
        finish(.success(fields))
    }

    private func finish(_ reason: String) { finish(.failure(Failure(reason: reason))) }

    private func finish(_ result: Result<HPACKHeaders, Failure>) {
        timer?.cancel()
        timer = nil
        completion.take()?(result)
    }
}

@available(*, unavailable)
extension UpstreamLogin: Sendable {}
