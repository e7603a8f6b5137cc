package import FlightProtocol
package import NIOCore
package import NIOHPACK

/// One RPC, from its head on: what the pipeline decides about.
///
/// Confined to the event loop of the client's connection, on which the call's task runs.
package final class Call {
    /// The method that was called, exactly as it will be forwarded.
    package let path: RPCPath
    /// The Flight RPC, or nil for a method of another service.
    package let rpc: FlightRPC?
    /// The request's header fields as they came, pseudo-header fields included.
    package let headers: HPACKHeaders
    /// The address of the client.
    package let peer: SocketAddress?
    package let received: NIODeadline
    /// When the client's `grpc-timeout` runs out.
    package let deadline: NIODeadline?
    /// Where the call goes; set by routing.
    package var target: Target?
    /// That the call may go anywhere; set by authorisation.
    package var permit: Permit?
    /// The way to the upstream.
    package let exchange: any Exchange

    package init(
        path: RPCPath, rpc: FlightRPC?, headers: HPACKHeaders, peer: SocketAddress?, received: NIODeadline,
        deadline: NIODeadline?, exchange: any Exchange
    ) {
        self.path = path
        self.rpc = rpc
        self.headers = headers
        self.peer = peer
        self.received = received
        self.deadline = deadline
        self.exchange = exchange
    }
}

@available(*, unavailable)
extension Call: Sendable {}

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
    func relay(to target: Target, permit: Permit, completion: @escaping (Outcome) -> Void)
}
