/// Every limit of a connection by its key: what configuration sets, and what the metric of a trip is named after.
///
/// The meaning, unit and default of each stand at the property of the same name in ``HTTP2Limits``.
package enum LimitName: String, Sendable, CaseIterable {
    case maxConcurrentStreams
    case streamWindow
    case streamWindowMaximum
    case connectionWindow
    case connectionWindowMaximum
    case queuedFramesPerStream
    case retainedBytes
    case maxFrameSize

    case headerListBytes
    case headerFields
    case decoderTableBytes
    case encoderTableBytes
    case continuationFrames

    case resetsReceived
    case resetWindow
    case rapidResetStreams
    case rapidResetWindow
    case streamErrors
    case streamErrorWindow
    case refusedStreams
    case refusedStreamWindow
    case glitches
    case glitchWindow
    case recentlyReset

    case controlFrames
    case controlFrameWindow
    case queuedControlFrames
    case windowUpdates
    case windowUpdatesPerData
    case windowUpdatesPerStream
    case uselessBytes
    case settingsEntries
    case emptyDataFrames

    case preface
    case firstSettings
    case settingsAcknowledgement
    case headerBlock
    case connectionIdle
    case connectionMaxAge
    case ageGrace
    case keepaliveInterval
    case keepaliveTimeout
    case quietInterval
    case pingStrikes
    case pingIntervalWithCalls
    case pingIntervalWithoutCalls
    case transportStall
    case streamStall
    case streamStallProgress
    case streamIdle
    case drainGrace
    case drainHardStop
}
