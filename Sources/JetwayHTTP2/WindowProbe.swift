/// Finds out whether a stream's window is smaller than what its path carries in one round trip.
///
/// A PING goes out beside arriving DATA. What a stream received until the PING's acknowledgement came back is the stream's
/// share of the bandwidth-delay product; where that fills two thirds of the window, the window was the limit (the rule of
/// gRPC's transports). The rounds are numbered so that a stream is judged when its next DATA arrives, without a scan.
struct WindowProbe: Equatable, Sendable {
    /// The opaque data of the PING that probes.
    static let pingData: UInt64 = 0x6A65_7477_6179_0001

    /// What a stream has received in one round of its connection's probe.
    struct Share: Equatable, Sendable {
        fileprivate var round: UInt32 = 0
        fileprivate var bytes = 0
    }

    private var round: UInt32 = 1
    private var isUnderWay = false

    /// Whether a PING should go out now. The caller asks when DATA arrived on a stream whose window may still grow.
    ///
    /// A stream that received less than a quarter of its window since the last round is no reason to ask: small messages
    /// would cost a PING each.
    mutating func start(share: Share, window: Int) -> Bool {
        guard !isUnderWay, share.bytes >= window / 4 else { return false }
        isUnderWay = true
        return true
    }

    /// The acknowledgement came back: the round is over. False: nobody asked.
    mutating func finish() -> Bool {
        guard isUnderWay else { return false }
        isUnderWay = false
        round &+= 1
        return true
    }

    /// Adds arrived bytes to a stream's share. True: in the round that ended last, the stream filled its window.
    mutating func record(_ bytes: Int, share: inout Share, window: Int) -> Bool {
        let limited = share.round &+ 1 == round && share.bytes >= window / 3 * 2
        if share.round != round || limited {
            share.round = round
            share.bytes = 0
        }
        share.bytes += bytes
        return limited
    }
}
