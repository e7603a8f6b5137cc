package import NIOCore

/// What one connection may cost and how long each of its steps may take.
///
/// A limit on a number of events is the event at which the connection ends: `resetsReceived` 200 means that the 200th
/// RST_STREAM within the window ends it. Limits on what is held or allowed in one piece (streams, frames, fields,
/// CONTINUATION frames, SETTINGS entries, empty DATA frames in a row) are the largest number that is still accepted.
package struct HTTP2Limits: Sendable, Equatable {
    /// Streams the peer may have open at once (SETTINGS_MAX_CONCURRENT_STREAMS), or that we open at once upstream.
    package var maxConcurrentStreams = 100
    /// Bytes of receive window that a stream begins with (SETTINGS_INITIAL_WINDOW_SIZE).
    package var streamWindow = 256 * 1024
    /// Bytes to which a stream's receive window may grow while its reader keeps up.
    package var streamWindowMaximum = 8 * 1024 * 1024
    /// Bytes of receive window that the connection begins with; at least twice a stream's.
    package var connectionWindow = 512 * 1024
    /// Bytes to which the connection's receive window may grow.
    package var connectionWindowMaximum = 16 * 1024 * 1024
    /// Queued pieces of DATA per stream: windows count bytes, and 1-byte frames would cost a buffer each.
    package var queuedFramesPerStream = 256
    /// Bytes of the buffers that queued slices hold, per connection: their capacity, not the slices' length.
    package var retainedBytes = 32 * 1024 * 1024
    /// Bytes of the largest frame payload accepted (SETTINGS_MAX_FRAME_SIZE); DATA is never held whole.
    package var maxFrameSize = 1024 * 1024

    /// Bytes of a header list, counted as RFC 9113 section 6.5.2 does (SETTINGS_MAX_HEADER_LIST_SIZE).
    package var headerListBytes = 16 * 1024
    /// Fields of a header list.
    package var headerFields = 100
    /// Bytes of the table that header blocks from the peer may fill (SETTINGS_HEADER_TABLE_SIZE).
    package var decoderTableBytes = 4096
    /// Bytes of the table that our own header blocks fill; the peer's setting may make it less, never more.
    package var encoderTableBytes = 4096
    /// CONTINUATION frames of one header block.
    package var continuationFrames = 5

    /// RST_STREAM frames received within ``resetWindow``.
    package var resetsReceived = 200
    package var resetWindow = TimeAmount.seconds(30)
    /// Streams opened within ``rapidResetWindow`` of which no more than half may be reset by the peer; 0 is off.
    package var rapidResetStreams = 500
    package var rapidResetWindow = TimeAmount.seconds(1)
    /// Streams that we had to reset for the peer's fault within ``streamErrorWindow``.
    package var streamErrors = 200
    package var streamErrorWindow = TimeAmount.seconds(30)
    /// Streams opened beyond ``maxConcurrentStreams`` within ``refusedStreamWindow``.
    package var refusedStreams = 1000
    package var refusedStreamWindow = TimeAmount.seconds(30)
    /// Suspicious but legal things within ``glitchWindow``; the connection drains from three quarters of them.
    package var glitches = 1000
    package var glitchWindow = TimeAmount.minutes(10)
    /// Streams reset by us that are remembered, so that frames still under way to them are no fault.
    package var recentlyReset = 256

    /// Control frames received within ``controlFrameWindow``.
    package var controlFrames = 1000
    package var controlFrameWindow = TimeAmount.milliseconds(100)
    /// Control frames of ours that wait for a peer which does not read.
    package var queuedControlFrames = 1000
    /// WINDOW_UPDATE frames granted from the start.
    package var windowUpdates = 1000
    /// WINDOW_UPDATE frames granted for each begun 16 KiB of a DATA frame sent. gRPC's C++ client answers a small message with
    /// up to four: for stream and connection, for the message's prefix and its content.
    package var windowUpdatesPerData = 6
    /// WINDOW_UPDATE frames granted for each stream opened.
    package var windowUpdatesPerStream = 10
    /// Slack in bytes: the connection ends when an eighth of all frame bytes is more than payload and this together.
    package var uselessBytes = 1024 * 1024
    /// Entries of one SETTINGS frame.
    package var settingsEntries = 32
    /// DATA frames in a row that carry nothing and do not end their stream.
    package var emptyDataFrames = 1

    /// Time until the client connection preface is complete.
    package var preface = TimeAmount.seconds(10)
    /// Time from the preface to the peer's first SETTINGS frame.
    package var firstSettings = TimeAmount.seconds(2)
    /// Time for the peer to acknowledge our SETTINGS (SETTINGS_TIMEOUT).
    package var settingsAcknowledgement = TimeAmount.seconds(10)
    /// Time from a header block's first byte to its END_HEADERS.
    package var headerBlock = TimeAmount.seconds(10)
    /// Time without a stream after which the connection drains.
    package var connectionIdle = TimeAmount.hours(1)
    /// Age at which the connection drains; nil is off.
    package var connectionMaxAge: TimeAmount?
    /// Time that streams have to finish after ``connectionMaxAge``.
    package var ageGrace = TimeAmount.minutes(5)
    /// Time without anything received after which a PING is sent.
    package var keepaliveInterval = TimeAmount.hours(2)
    /// Time for the peer to answer that PING.
    package var keepaliveTimeout = TimeAmount.seconds(20)
    /// Time without anything received, while calls are open, after which one PING asks for a sign of life; nil is off.
    package var quietInterval: TimeAmount?
    /// PINGs that come too soon after the one before and are still forgiven.
    package var pingStrikes = 2
    /// Time that a client leaves between PINGs while a call is open.
    package var pingIntervalWithCalls = TimeAmount.seconds(10)
    /// Time that a client leaves between PINGs while none is.
    package var pingIntervalWithoutCalls = TimeAmount.seconds(60)
    /// Time that a transport may take nothing and leave a PING unanswered.
    package var transportStall = TimeAmount.seconds(60)
    /// Time that a stream's window may stay closed with next to no progress.
    package var streamStall = TimeAmount.minutes(30)
    /// Bytes a minute below which a stream with a closed window makes no progress.
    package var streamStallProgress = 4096
    /// Time that a stream may carry nothing at all; nil is off.
    package var streamIdle: TimeAmount?
    /// Time for streams to finish by themselves once the connection drains.
    package var drainGrace = TimeAmount.seconds(30)
    /// Time after which a draining connection is closed whatever is open.
    package var drainHardStop = TimeAmount.seconds(60)

    /// The defaults for connections from clients.
    package static let downstream = HTTP2Limits()

    /// The defaults for connections to Flight servers: looser where servers do things that a client has no reason to do.
    package static let upstream: HTTP2Limits = {
        var limits = HTTP2Limits()
        limits.streamWindowMaximum = 1024 * 1024
        limits.connectionWindow = 4 * 1024 * 1024
        limits.connectionWindowMaximum = 4 * 1024 * 1024
        limits.headerListBytes = 64 * 1024
        limits.headerFields = 200
        limits.continuationFrames = 8
        limits.resetsReceived = 5000
        limits.resetWindow = .seconds(10)
        limits.rapidResetStreams = 0
        limits.streamErrors = 5000
        limits.streamErrorWindow = .seconds(10)
        limits.glitches = 100_000
        limits.recentlyReset = 1024
        limits.queuedControlFrames = 10_000
        limits.preface = .seconds(5)
        limits.firstSettings = .seconds(5)
        limits.settingsAcknowledgement = .seconds(5)
        limits.headerBlock = .seconds(5)
        limits.connectionIdle = .minutes(5)
        limits.keepaliveInterval = .seconds(330)
        limits.quietInterval = .seconds(5)
        return limits
    }()
}
