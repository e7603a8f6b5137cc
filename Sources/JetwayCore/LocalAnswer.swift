public import FlightProtocol
public import NIOCore
public import NIOHPACK

/// A response that a stage gives itself instead of an upstream.
public struct LocalAnswer: Sendable {
    /// The status; its text is shown to the caller.
    public var code: GRPCCode
    public var message: String
    /// Fields of the response's head beside those that gRPC needs.
    public var headers: HPACKHeaders
    /// The bytes of each gRPC message, without its prefix.
    public var messages: [ByteBuffer]
    /// Fields of the trailers beside the status.
    public var trailers: HPACKHeaders
    /// Whether the status waits until the client has sent all. Clients that still write take an earlier end for a failure.
    public var waitsForRequestEnd: Bool

    public init(
        code: GRPCCode = .ok, message: String = "", headers: HPACKHeaders = [:], messages: [ByteBuffer] = [],
        trailers: HPACKHeaders = [:], waitsForRequestEnd: Bool = false
    ) {
        self.code = code
        self.message = message
        self.headers = headers
        self.messages = messages
        self.trailers = trailers
        self.waitsForRequestEnd = waitsForRequestEnd
    }
}
