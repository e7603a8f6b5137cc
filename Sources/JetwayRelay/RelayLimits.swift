package import JetwayHTTP2
package import NIOCore

/// The limits of the whole process and of an upstream, beside those of single connections.
package struct RelayLimits: Sendable {
    package var downstream = HTTP2Limits.downstream
    package var upstream = HTTP2Limits.upstream

    /// Connections from clients, in all and from one address.
    package var connections = 10_000
    package var connectionsPerAddress = 256
    /// Time from a connection's begin to the end of its TLS handshake.
    package var tlsHandshake = TimeAmount.seconds(10)
    /// How long a connection lives that authenticates no call, where a login is wanted.
    package var unauthenticatedLife = TimeAmount.seconds(30)
    /// Calls that run at the upstream, and calls that wait for a connection to it.
    package var activeCalls = 1024
    package var pendingCalls = 1024
    /// How long a call waits for a connection.
    package var pendingTime = TimeAmount.seconds(1)
    /// Connections to the upstream.
    package var upstreamConnections = 64
    package var connectTimeout = TimeAmount.seconds(1)
    /// Bytes that queues of the whole process may retain.
    package var retainedMemory = 1024 * 1024 * 1024
    /// Bytes that one read may take.
    package var readSize = 1024 * 1024
    /// Whether `/healthz` is answered on the data port.
    package var answersHealth = true

    package init() {}
}

extension RelayLimits {
    private typealias Row = LimitRow<RelayLimits>

    private static let counts = 1...1_000_000_000

    private static let table: [Row] = [
        Row("connections", .count(\.connections, counts)),
        Row("connectionsPerAddress", .count(\.connectionsPerAddress, counts)),
        Row("tlsHandshake", .time(\.tlsHandshake)),
        Row("unauthenticatedLife", .time(\.unauthenticatedLife)),
        Row("activeCalls", .count(\.activeCalls, counts)),
        Row("pendingCalls", .count(\.pendingCalls, 0...1_000_000_000)),
        Row("pendingTime", .time(\.pendingTime)),
        Row("upstreamConnections", .count(\.upstreamConnections, counts)),
        Row("connectTimeout", .time(\.connectTimeout)),
        Row("retainedMemory", .bytes(\.retainedMemory, 1 << 20...1 << 50)),
        Row("readSize", .bytes(\.readSize, 16 * 1024...1024 * 1024)),
        Row("answersHealth", .flag(\.answersHealth)),
    ]

    /// Sets one limit from text: a key of the process's own, or a connection's with `downstream.` or `upstream.` before it.
    package mutating func set(_ key: String, to value: String) throws(LimitProblem) {
        if key.hasPrefix("downstream.") {
            return try downstream.set(String(key.dropFirst("downstream.".count)), to: value)
        }
        if key.hasPrefix("upstream.") {
            return try upstream.set(String(key.dropFirst("upstream.".count)), to: value)
        }
        guard let row = Self.table.first(where: { $0.key == key }) else {
            let known = Self.table.map(\.key).joined(separator: ", ")
            throw LimitProblem(
                key: key, given: value,
                accepted: "one of \(known), or downstream. or upstream. before a limit of connections")
        }
        guard row.write(value, to: &self) else { throw LimitProblem(key: key, given: value, accepted: row.accepted) }
    }

    /// Every limit as text that ``set(_:to:)`` takes.
    package func entries() -> [(key: String, value: String)] {
        Self.table.map { ($0.key, $0.text(in: self)) }
            + downstream.entries().map { ("downstream." + $0.key, $0.value) }
            + upstream.entries().map { ("upstream." + $0.key, $0.value) }
    }
}
