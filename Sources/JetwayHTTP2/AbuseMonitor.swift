package import NIOCore

/// Notices peers that cost more than they do: resets, errors, control frames and frames without work, over time.
///
/// Everything that is counted decays or is earned back by honest work, so that no connection ends for being old. Time is
/// a parameter. Each method throws the fault that ends the connection (ENHANCE_YOUR_CALM) when its limit is reached.
package struct AbuseMonitor: Sendable {
    private let role: HTTP2Role
    private let limits: HTTP2Limits

    private var resets: RateWindow
    private var rapid: RapidReset
    private var errors: RateWindow
    private var refusals: RateWindow
    private var glitches: RateWindow
    private var controlFrames: RateWindow
    private var windowUpdates: WindowUpdateAllowance
    private var pings: PingPolicy
    private var work = WorkRatio()
    private var emptyInRow = 0
    private var hasSeenSettings = false

    /// Whether three quarters of ``HTTP2Limits/glitches`` are used up: the connection should drain. It stays so.
    package private(set) var shouldDrain = false

    package init(role: HTTP2Role, limits: HTTP2Limits) {
        self.role = role
        self.limits = limits
        self.resets = RateWindow(limits.resetWindow)
        self.rapid = RapidReset(sample: limits.rapidResetStreams, window: limits.rapidResetWindow)
        self.errors = RateWindow(limits.streamErrorWindow)
        self.refusals = RateWindow(limits.refusedStreamWindow)
        self.glitches = RateWindow(limits.glitchWindow)
        self.controlFrames = RateWindow(limits.controlFrameWindow)
        self.windowUpdates = WindowUpdateAllowance(limits: limits)
        self.pings = PingPolicy(limits: limits)
    }

    /// The peer reset a stream (CVE-2023-44487).
    ///
    /// - Parameter streamsOpened: streams opened on this connection so far.
    package mutating func resetReceived(now: NIODeadline, streamsOpened: Int) throws(ConnectionFault) {
        guard self.resets.add(now: now) < self.limits.resetsReceived else { throw .limit(.resetsReceived) }
        guard !self.rapid.reset(now: now, streamsOpened: streamsOpened) else { throw .limit(.rapidResetStreams) }
    }

    /// We reset a stream for the peer's fault (CVE-2025-8671).
    package mutating func streamError(now: NIODeadline) throws(ConnectionFault) {
        guard self.errors.add(now: now) < self.limits.streamErrors else { throw .limit(.streamErrors) }
    }

    /// The peer opened a stream beyond the number it may open.
    package mutating func refusedStream(now: NIODeadline) throws(ConnectionFault) {
        guard self.refusals.add(now: now) < self.limits.refusedStreams else { throw .limit(.refusedStreams) }
    }

    /// Something suspicious that is not forbidden.
    package mutating func glitch(now: NIODeadline) throws(ConnectionFault) {
        try self.addGlitches(1, now: now)
    }

    private mutating func addGlitches(_ count: Int, now: NIODeadline) throws(ConnectionFault) {
        let seen = self.glitches.add(count, now: now)
        if seen >= self.limits.glitches - self.limits.glitches / 4 { self.shouldDrain = true }
        guard seen < self.limits.glitches else { throw .limit(.glitches) }
    }

    /// A frame other than DATA, HEADERS, CONTINUATION and WINDOW_UPDATE: SETTINGS, PING, PRIORITY, RST_STREAM, GOAWAY or
    /// of an unknown type.
    package mutating func controlFrame(now: NIODeadline) throws(ConnectionFault) {
        guard self.controlFrames.add(now: now) < self.limits.controlFrames else { throw .limit(.controlFrames) }
    }

    /// A SETTINGS frame, which is counted as a control frame here. Each after the first is two glitches and one more for
    /// every four entries, as each may change the windows of all streams.
    package mutating func settings(entries: Int, now: NIODeadline) throws(ConnectionFault) {
        try self.controlFrame(now: now)
        guard self.hasSeenSettings else {
            self.hasSeenSettings = true
            return
        }
        try self.addGlitches(2 + max(0, entries) / 4, now: now)
    }

    /// A PING that is not an acknowledgement, which is counted as a control frame here.
    ///
    /// - Parameter openCalls: whether a stream is open.
    package mutating func ping(now: NIODeadline, openCalls: Bool) throws(ConnectionFault) {
        try self.controlFrame(now: now)
        guard self.role == .server else { return }
        if self.pings.ping(now: now, openCalls: openCalls) {
            // gRPC clients know this text: they double their keepalive interval when they see it.
            throw ConnectionFault(code: .enhanceYourCalm, reason: "too_many_pings", limit: .pingStrikes)
        }
    }

    /// DATA or HEADERS went one way or the other.
    package mutating func traffic() {
        self.pings.traffic()
    }
}

// MARK: - Work

extension AbuseMonitor {
    /// A WINDOW_UPDATE frame.
    package mutating func windowUpdate(streamLevel: Bool, now: NIODeadline) throws(ConnectionFault) {
        guard self.windowUpdates.spend(now: now) else { throw .limit(.windowUpdates) }
    }

    /// We sent a DATA frame of so many bytes, which the peer may answer with WINDOW_UPDATEs.
    package mutating func dataSent(bytes: Int) {
        self.windowUpdates.dataSent(bytes: bytes)
    }

    /// A stream was opened, by either side.
    package mutating func streamOpened() {
        self.windowUpdates.streamOpened()
    }

    /// A whole DATA frame came.
    ///
    /// An empty frame that ends its stream is how a half-close looks: it is not counted as one in a row.
    ///
    /// - Parameters:
    ///   - payload: bytes of data.
    ///   - padding: bytes of padding, with the octet that says how many.
    package mutating func dataFrame(payload: Int, padding: Int, endStream: Bool) throws(ConnectionFault) {
        self.work.useful(payload)
        guard payload == 0, !endStream else {
            self.emptyInRow = 0
            if padding > 0 { try self.uselessBytes(padding) }
            return
        }
        self.emptyInRow += 1
        guard self.emptyInRow <= self.limits.emptyDataFrames else { throw .limit(.emptyDataFrames) }
        try self.uselessBytes(padding + FrameHeader.size)
    }

    /// Bytes that did work other than DATA: header blocks above all.
    package mutating func usefulBytes(_ count: Int) {
        self.work.useful(count)
    }

    /// Bytes that did no work: frames of unknown types, padding, frame headers of empty frames. WINDOW_UPDATE and PING
    /// have limits of their own and do not belong here: a long download needs many of them.
    package mutating func uselessBytes(_ count: Int) throws(ConnectionFault) {
        self.work.useless(count)
        guard self.work.isAcceptable(slack: self.limits.uselessBytes) else { throw .limit(.uselessBytes) }
    }
}
