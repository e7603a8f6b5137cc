public import FlightProtocol
public import NIOCore
public import NIOHPACK

/// One RPC, from its head on: what the pipeline decides about.
///
/// Confined to the event loop of the client's connection, on which the call's task runs.
public final class Call {
    /// The method that was called, exactly as it will be forwarded.
    public let path: RPCPath
    /// The Flight RPC, or nil for a method of another service.
    public let rpc: FlightRPC?
    /// The request's header fields as they came, pseudo-header fields included.
    public let headers: HPACKHeaders
    /// The client's end of the connection.
    public let peer: Peer
    public let received: NIODeadline
    /// When the client's `grpc-timeout` runs out.
    public let deadline: NIODeadline?
    /// Who calls; set by authentication, nil before it.
    public package(set) var principal: Principal?
    /// The call's number in logs and in refusals.
    public package(set) var requestID: RequestID?
    /// What stages keep for later ones.
    public var values = CallValues()
    /// Where the call goes; set by routing.
    package var target: Target?
    /// That the call may go anywhere; set by authorisation.
    package var permit: Permit?
    /// Whether the client's own credentials go on to the upstream; set by authentication.
    package var credentials = CredentialForwarding.drop
    /// Watches what the call moves; set by authorisation.
    package var governor: (any CallGovernor)?
    /// Decides which messages of the response the caller gets; set by authorisation.
    package var filter: (any ResponseFilter)?
    /// What stages want changed in header fields; nil: nothing.
    package private(set) var edits: CallEdits?
    /// A slot that calls with the same header block share.
    package let memo: HeadMemo
    /// The way to the upstream.
    package let exchange: any Exchange

    package init(
        path: RPCPath, rpc: FlightRPC?, headers: HPACKHeaders, peer: Peer, received: NIODeadline,
        deadline: NIODeadline?, memo: HeadMemo = HeadMemo(), exchange: any Exchange
    ) {
        self.path = path
        self.rpc = rpc
        self.headers = headers
        self.peer = peer
        self.received = received
        self.deadline = deadline
        self.memo = memo
        self.exchange = exchange
    }

    // MARK: Header fields

    /// Adds a field to the request that the upstream gets. The name in lower case.
    public func addRequestField(_ name: String, _ value: String) {
        change.requestFields.add(name: name, value: value, indexing: .nonIndexable)
    }

    /// Adds a field to the response's head. The name in lower case.
    public func addResponseField(_ name: String, _ value: String) {
        change.responseFields.add(name: name, value: value, indexing: .nonIndexable)
    }

    /// Adds a field to the response's head that nobody on the way may keep.
    package func addSecretResponseField(_ name: String, _ value: String) {
        change.responseFields.add(name: name, value: value, indexing: .neverIndexed)
    }

    /// Adds a field to the response's trailers. The name in lower case.
    public func addTrailerField(_ name: String, _ value: String) {
        change.trailerFields.add(name: name, value: value, indexing: .nonIndexable)
    }

    /// Lets a closure change the request's head as the upstream will get it. It runs on the call's event loop.
    public func onRequestHead(_ body: @escaping (inout HPACKHeaders) -> Void) {
        change.requestHooks.append(body)
    }

    /// Lets a closure change the response's head before the client gets it, also that of a refusal. It runs on the call's
    /// event loop, when the head has arrived.
    public func onResponseHead(_ body: @escaping (inout HPACKHeaders) -> Void) {
        change.responseHooks.append(body)
    }

    /// Lets a closure change the trailers before the client gets them, also those of a refusal. It runs on the call's event
    /// loop. A response without a message is trailers only: then its one list is given to both kinds of hooks.
    public func onTrailers(_ body: @escaping (inout HPACKHeaders) -> Void) {
        change.trailerHooks.append(body)
    }

    private var change: CallEdits {
        if let edits { return edits }
        let edits = CallEdits()
        self.edits = edits
        return edits
    }

    // MARK: Messages

    /// The first message of the request, without its prefix; nil if the client ended without sending one.
    ///
    /// The message is forwarded all the same.
    ///
    /// - Parameter limit: in bytes.
    /// - Throws: RESOURCE_EXHAUSTED for a longer message, INVALID_ARGUMENT for one that cannot be read, CANCELLED if the client
    ///   goes away meanwhile.
    public func firstMessage(upTo limit: Int) async throws(Rejection) -> ByteBuffer? {
        let result: Result<ByteBuffer?, Rejection> = await withUnsafeContinuation { continuation in
            exchange.readFirstMessage(upTo: limit) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Answers the call without any upstream.
    public func answer(_ answer: LocalAnswer) async -> Outcome {
        await withUnsafeContinuation { continuation in
            exchange.answer(answer, edits: edits) { continuation.resume(returning: $0) }
        }
    }
}

@available(*, unavailable)
extension Call: Sendable {}

/// What becomes of the client's credentials on the way to the upstream.
package enum CredentialForwarding: Sendable, Equatable {
    /// They end here: the gateway used them, or nobody asked for them.
    case drop
    /// The token that the gateway verified goes on, as the only credential (a JWT with `forward`).
    case forward(bearer: String)
    /// Everything goes on untouched: the upstream judges it.
    case passThrough
}

/// Where a call goes.
package struct Target: Sendable, Equatable {
    /// The upstream's place in the configuration.
    package let upstream: Int

    package init(upstream: Int) {
        self.upstream = upstream
    }
}

/// The proof that a call was authorised. Nothing opens an upstream stream without one.
package struct Permit: Sendable, Equatable {
    private init() {}

    /// The permit of a transparent gateway, which leaves every decision to the upstream.
    package static func transparent() -> Permit { Permit() }
}

/// The relay of one call, as the end of the pipeline sees it. Confined to the call's event loop.
package protocol Exchange: AnyObject {
    /// Opens the upstream stream and relays both directions. `completion` is called exactly once.
    func relay(_ call: Call, to target: Target, permit: Permit, completion: @escaping (Outcome) -> Void)

    /// Waits for the first message of the request. `completion` is called exactly once.
    func readFirstMessage(upTo limit: Int, completion: @escaping (Result<ByteBuffer?, Rejection>) -> Void)

    /// Answers without an upstream. `completion` is called exactly once.
    func answer(_ answer: LocalAnswer, edits: CallEdits?, completion: @escaping (Outcome) -> Void)
}
