public import FlightProtocol
public import NIOCore
public import NIOHPACK

/// A call as a test makes it.
public struct TestRequest: Sendable {
    /// The method; a Flight RPC's is `FlightRPC.path`.
    public var path: String
    /// Fields beside those that gRPC needs.
    public var fields: HPACKHeaders
    /// The gRPC messages, without their prefixes.
    public var messages: [ByteBuffer]

    public init(_ rpc: FlightRPC, fields: HPACKHeaders = [:], messages: [ByteBuffer] = []) {
        self.init(path: "/arrow.flight.protocol.FlightService/\(rpc.method)", fields: fields, messages: messages)
    }

    public init(path: String, fields: HPACKHeaders = [:], messages: [ByteBuffer] = []) {
        self.path = path
        self.fields = fields
        self.messages = messages
    }
}

/// What the in-memory upstream got, and what a test answers.
public struct TestResponse: Sendable {
    public var status: GRPCCode
    public var message: String
    /// Fields of the response's head. Of a client's view: all of them.
    public var fields: HPACKHeaders
    /// The gRPC messages, without their prefixes.
    public var messages: [ByteBuffer]
    /// Fields of the trailers. Of a client's view: all of them; those of a trailers-only response stand here and in `fields`.
    public var trailers: HPACKHeaders

    public init(
        status: GRPCCode = .ok, message: String = "", fields: HPACKHeaders = [:], messages: [ByteBuffer] = [],
        trailers: HPACKHeaders = [:]
    ) {
        self.status = status
        self.message = message
        self.fields = fields
        self.messages = messages
        self.trailers = trailers
    }
}
