internal import FlightProtocol
internal import JetwayCore
internal import JetwayHTTP2
internal import NIOCore
internal import NIOHPACK

/// What a request's head says, parsed once for each distinct header list and kept with it.
final class RequestFacts {
    enum Kind {
        /// A gRPC call.
        case call(RPCPath, FlightRPC?)
        /// A probe of the data port itself.
        case health
        /// Not for a gRPC gateway: answered with this HTTP status.
        case notGRPC(status: String)
        /// A gRPC request that is refused by its head alone.
        case refused(GRPCCode, String)
    }

    /// Longer deadlines than a year are cut to it.
    private static let longestTimeout = TimeAmount.hours(24 * 365)

    let kind: Kind
    /// What stages of the pipeline derive from the head.
    let memo = HeadMemo()
    /// The time that the client gives the call.
    let timeout: TimeAmount?

    /// The facts of a head, from its memo slot or parsed now.
    static func of(_ head: HeaderList, limits: RelayLimits) -> RequestFacts {
        if let known = head.annotation as? RequestFacts { return known }
        let facts = RequestFacts(head, limits: limits)
        head.annotation = facts
        return facts
    }

    private init(_ head: HeaderList, limits: RelayLimits) {
        let fields = head.fields
        let timeouts = fields["grpc-timeout"]
        self.timeout = timeouts.first.flatMap { GRPCTimeout.parse($0) }.map { min($0, Self.longestTimeout) }
        self.kind = Self.kind(
            of: head, limits: limits, timeoutIsValid: timeouts.isEmpty || (timeouts.count == 1 && timeout != nil))
    }

    private static func kind(of head: HeaderList, limits: RelayLimits, timeoutIsValid: Bool) -> Kind {
        let fields = head.fields
        let path = fields.first(name: ":path") ?? ""
        let method = fields.first(name: ":method") ?? ""
        let contentType = fields.first(name: "content-type") ?? ""
        guard GRPCContentType.isGRPC(contentType) else {
            guard limits.answersHealth, path == "/healthz" else { return .notGRPC(status: "415") }
            return method == "GET" || method == "POST" || method == "HEAD" ? .health : .notGRPC(status: "405")
        }
        guard method == "POST" else { return .notGRPC(status: "405") }
        guard head.listSize <= limits.downstream.headerListBytes, head.count <= limits.downstream.headerFields else {
            return .refused(.resourceExhausted, "the request's header fields are too large")
        }
        guard let rpcPath = RPCPath(parsing: path) else { return .refused(.unimplemented, "there is no such method") }
        guard timeoutIsValid else { return .refused(.invalidArgument, "grpc-timeout is malformed") }
        return .call(rpcPath, FlightRPC(path: rpcPath))
    }
}
