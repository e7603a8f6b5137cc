internal import NIOCore

/// How long a stream that has DATA to send has made no progress worth the name: under 4 KiB in a minute.
///
/// A stream without anything to send never stalls, however long it is idle.
struct StallClock: Equatable, Sendable {
    static let progress = 4096
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
    mutating func check(isBlocked: Bool, now: NIODeadline) -> TimeAmount? {
        guard isBlocked else {
            since = nil
            return nil
        }
        guard let start = since else {
            begin(now)
            return .zero
        }
        if bytes &- bytesAtStart >= Self.progress {
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
