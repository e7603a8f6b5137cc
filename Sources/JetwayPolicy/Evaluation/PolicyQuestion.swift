package import FlightProtocol
package import JetwayCore
package import NIOCore
package import NIOHPACK

/// A call, as far as rules look at it.
package struct PolicyQuestion {
    package var principal: Principal
    package var path: RPCPath
    /// Nil for a method of another service.
    package var rpc: FlightRPC?
    package var headers: HPACKHeaders
    /// The client's address.
    package var peer: SocketAddress?
    /// Seconds since 1970.
    package var now: Int
    /// What the first message asks for; nil while it was not read. What it might say is unreadable then.
    package var request: FlightRequest?
    /// The scheme of a location in the answer, where that is what is asked about.
    var locationScheme: String?

    package init(
        principal: Principal, path: RPCPath, headers: HPACKHeaders = [:], peer: SocketAddress? = nil, now: Int,
        request: FlightRequest? = nil
    ) {
        self.principal = principal
        self.path = path
        self.rpc = FlightRPC(path: path)
        self.headers = headers
        self.peer = peer
        self.now = now
        self.request = request
    }

    /// Whether the call changes what the server holds, as far as can be told. What Flight SQL says counts more than the
    /// RPC: a statement of DoGet may write. What cannot be read as SQL counts as its RPC does.
    package var writes: Certainty {
        guard let rpc else { return .maybe }
        let byRPC: Certainty = rpc.writes ? .yes : .no
        guard let request else { return RequestPart.sql.rpcs.contains(rpc) ? .maybe : byRPC }
        guard case .present(let sql) = request.sql else { return byRPC }
        return switch sql.kind {
        case .read, .metadata: .no
        case .write: .yes
        case .maybeWrite, .prepared: .maybe
        case .transaction: rpc.writes ? .yes : .maybe
        }
    }
}
