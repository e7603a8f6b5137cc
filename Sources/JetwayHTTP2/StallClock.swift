internal import NIOCore

/// How long a stream that has DATA to send has made no progress worth the name: under so many bytes in a minute.
///
/// A stream without anything to send never stalls, however long it is idle.
struct StallClock: Equatable, Sendable {
    static let interval = TimeAmount.seconds(60)

    private var since: NIODeadline?
    private var intervalStart = NIODeadline.distantPast
    private var bytesAtStart = 0
    private var bytes = 0

    /// Bytes of the stream were written.
    mutating func wrote(_ count: Int) {
        bytes &+= count
    }

    /// Asked now and then. Returns for how long the stream has been stalled; nil if it is not.
    ///
    /// - Parameter progress: fewer bytes than this in a minute are none.
    mutating func check(isBlocked: Bool, progress: Int, now: NIODeadline) -> TimeAmount? {
        guard isBlocked else {
            since = nil
            return nil
        }
        guard let start = since else {
            begin(now)
            return .zero
        }
        if bytes &- bytesAtStart >= max(1, progress) {
            begin(now)
            return .zero
        }
        if now - intervalStart >= Self.interval {
            intervalStart = now
            bytesAtStart = bytes
        }
        return now - start
    }

    private mutating func begin(_ now: NIODeadline) {
        since = now
        intervalStart = now
        bytesAtStart = bytes
    }
}

/// For how long nothing at all has moved on a stream, in either direction.
struct IdleClock: Equatable, Sendable {
    private var since: NIODeadline?
    private var activity = 0

    /// - Parameter activity: a count that goes up whenever something moves.
    mutating func check(activity: Int, now: NIODeadline) -> TimeAmount {
        guard let since, activity == self.activity else {
            self.since = now
            self.activity = activity
            return .zero
        }
        return now - since
    }
}
