package import NIOCore

/// Socket options for TCP connections of both sides.
package enum SocketOptions {
    /// TCP_USER_TIMEOUT (Linux, tcp(7)): unacknowledged data ends the connection to a dead host after this many ms.
    private static let userTimeoutOption = ChannelOptions.Types.SocketOption(
        level: .tcp, name: NIOBSDSocket.Option(rawValue: 18))

    package static func apply(to channel: any Channel) {
        // A channel that has none of these (a unix socket) works without them.
        try? channel.syncOptions?.setOption(.tcpOption(.tcp_nodelay), value: 1)
        try? channel.syncOptions?.setOption(.socketOption(.so_keepalive), value: 1)
        try? channel.syncOptions?.setOption(userTimeoutOption, value: 20_000)
    }
}
