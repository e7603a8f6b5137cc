internal import NIOCore

/// How many WINDOW_UPDATE frames a peer may still send: a stock that streams and sent DATA fill up.
struct WindowUpdateAllowance: Sendable {
    private let base: Int
    private let perData: Int
    private let perStream: Int
    private let most: Int
    private var stock: Int
    private var lastRefill: NIODeadline?

    init(limits: HTTP2Limits) {
        self.base = limits.windowUpdates
        self.perData = limits.windowUpdatesPerData
        self.perStream = limits.windowUpdatesPerStream
        // Updates lag behind DATA by a window at most: a stock without end would only serve a flood after a download.
        self.most = limits.windowUpdates.multipliedReportingOverflow(by: 16).partialValue
        self.stock = limits.windowUpdates
    }

    mutating func dataSent(bytes: Int) {
        let pieces = max(1, (bytes + 16_383) / 16_384)
        self.earn(pieces * self.perData)
    }

    mutating func streamOpened() {
        self.earn(self.perStream)
    }

    private mutating func earn(_ count: Int) {
        self.stock = min(self.most, self.stock + count)
    }

    /// Takes one frame from the stock; false if it was the last.
    mutating func spend(now: NIODeadline) -> Bool {
        self.refill(now: now)
        self.stock -= 1
        return self.stock > 0
    }

    /// A hundredth of the base comes back each second, up to the base: clients that update often but rarely in sum.
    private mutating func refill(now: NIODeadline) {
        guard let last = self.lastRefill else {
            self.lastRefill = now
            return
        }
        let seconds = (now - last).nanoseconds / 1_000_000_000
        guard seconds > 0 else { return }
        self.lastRefill = last + .seconds(seconds)
        guard self.stock < self.base else { return }
        let gained = max(1, self.base / 100).multipliedReportingOverflow(by: Int(min(seconds, 1_000_000)))
        self.stock = min(self.base, self.stock + (gained.overflow ? self.base : gained.partialValue))
    }
}

/// Whether more than half of many streams opened within a window were reset by the peer.
struct RapidReset: Sendable {
    private let sample: Int
    private let window: TimeAmount
    private var start: NIODeadline?
    private var openedAtStart = 0
    private var openedBefore = 0
    private var resets = 0

    init(sample: Int, window: TimeAmount) {
        self.sample = sample
        self.window = window
    }

    mutating func reset(now: NIODeadline, streamsOpened: Int) -> Bool {
        guard self.sample > 0 else { return false }
        if let start = self.start, now - start < self.window {
            self.resets += 1
        } else {
            self.start = now
            // Streams opened since the reset before belong to this window.
            self.openedAtStart = self.openedBefore
            self.resets = 1
        }
        self.openedBefore = streamsOpened
        let opened = streamsOpened - self.openedAtStart
        return opened >= self.sample && self.resets > opened / 2
    }
}

/// The share of useful bytes in all bytes, nginx's way: an eighth of all must not be more than payload and some slack.
struct WorkRatio: Sendable {
    private var all = 0
    private var payload = 0

    mutating func useful(_ count: Int) {
        self.all += count
        self.payload += count
        self.decay()
    }

    mutating func useless(_ count: Int) {
        self.all += count
        self.decay()
    }

    func isAcceptable(slack: Int) -> Bool {
        self.all / 8 <= self.payload + slack
    }

    /// Old work counts for less and less, or a long honest life would pay for an endless flood.
    private mutating func decay() {
        guard self.all > 1 << 32 else { return }
        self.all /= 2
        self.payload /= 2
    }
}
