public import NIOCore

/// The other end of a client's connection: where it is, and what its TLS handshake proved.
///
/// Confined to the connection's event loop.
public final class Peer {
    /// The client's address; behind a trusted proxy the one that it named (PROXY protocol).
    public package(set) var address: SocketAddress?
    /// Whether the connection is encrypted.
    public let usesTLS: Bool
    /// The verified certificate of the client, as DER; nil without one.
    public package(set) var certificate: [UInt8]?
    /// Whether a call of this connection has proved who it comes from.
    package var isAuthenticated = false
    /// A slot for what authentication has found out about the connection's callers.
    package var memo: AnyObject?

    package init(address: SocketAddress?, usesTLS: Bool = false) {
        self.address = address
        self.usesTLS = usesTLS
    }

    /// The address without the port, as text; nil for a unix socket.
    public var host: String? { address?.ipAddress }
}

@available(*, unavailable)
extension Peer: Sendable {}

/// A slot beside a request's header list. A header block that repeats from call to call is the same list with the same slot,
/// so that what is derived from it is found once. Confined to one event loop.
package final class HeadMemo {
    package var value: AnyObject?

    package init() {}
}

@available(*, unavailable)
extension HeadMemo: Sendable {}
