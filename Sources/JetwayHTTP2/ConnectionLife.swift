internal import NIOCore

/// The stages of a connection's life and the times that its timers look at.
struct ConnectionLife {
    /// GOAWAY, as far as it went (RFC 9113 section 6.8).
    enum Drain: Equatable {
        case none
        /// GOAWAY(2^31-1) and a PING went out; new streams are still taken.
        case announced(since: NIODeadline)
        /// GOAWAY with the last stream went out, or the peer's GOAWAY arrived: no new streams.
        case final
    }

    private(set) var startedAt: NIODeadline?
    private(set) var isOver = false
    var prefaceAt: NIODeadline?
    /// The peer's first SETTINGS arrived.
    var isReady = false
    /// What our last GOAWAY named: a later one must not name a higher stream (RFC 9113 section 6.8).
    var lastAccepted: StreamID?
    var settingsAcknowledged = false
    var drain = Drain.none
    /// GOAWAY for a fault, or the last GOAWAY with no stream left, is on its way out; nothing is read any more.
    var closingSince: NIODeadline?
    /// Our side of the transport was closed.
    var isShutDown = false
    var fault: ConnectionFault?
    var transportError: String?

    var lastRead = NIODeadline.now()
    /// When the last stream was opened.
    var lastOpened = NIODeadline.distantPast
    /// The silence since `lastRead` was already asked about.
    var isQuietChecked = false
    var idleSince: NIODeadline?
    var headerBlockSince: NIODeadline?
    var keepalivePingAt: NIODeadline?
    var congestedSince: NIODeadline?
    /// What the socket still had to take when that was last looked at.
    var congestedBytes = 0

    var isClosing: Bool { closingSince != nil || isOver }
    var isDraining: Bool { drain == .final }

    mutating func start(now: NIODeadline) -> Bool {
        guard startedAt == nil, !isOver else { return false }
        startedAt = now
        lastRead = now
        idleSince = now
        return true
    }

    mutating func finish() -> Bool {
        guard !isOver else { return false }
        isOver = true
        return true
    }
}
