package import NIOCore

/// Which PINGs of a client are too many, by gRPC's keepalive rules.
///
/// A client may keep its connection alive with a PING now and then, and gRPC clients also measure the round trip while
/// data flows: a PING that follows DATA or HEADERS in either direction is never held against it.
package struct PingPolicy: Sendable {
    private let strikes: Int
    private let withCalls: TimeAmount
    private let withoutCalls: TimeAmount
    private var last: NIODeadline?
    private var struck = 0
    private var hasSeenTraffic = false

    package init(limits: HTTP2Limits) {
        self.strikes = limits.pingStrikes
        self.withCalls = limits.pingIntervalWithCalls
        self.withoutCalls = limits.pingIntervalWithoutCalls
    }

    /// DATA or HEADERS went one way or the other: strikes are forgiven.
    package mutating func traffic() {
        self.hasSeenTraffic = true
    }

    /// A PING came (not an acknowledgement).
    ///
    /// - Returns: whether it is one too many.
    package mutating func ping(now: NIODeadline, openCalls: Bool) -> Bool {
        defer {
            self.last = now
            self.hasSeenTraffic = false
        }
        if self.hasSeenTraffic {
            self.struck = 0
            return false
        }
        guard let last = self.last, now - last < (openCalls ? self.withCalls : self.withoutCalls) else { return false }
        self.struck += 1
        return self.struck > self.strikes
    }
}
