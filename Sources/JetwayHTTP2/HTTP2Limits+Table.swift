internal import NIOCore

/// Why a limit could not be set: the key, what was given, and what is accepted there.
package struct LimitProblem: Error, Equatable, Sendable, CustomStringConvertible {
    package let key: String
    package let given: String
    package let accepted: String

    package init(key: String, given: String, accepted: String) {
        self.key = key
        self.given = given
        self.accepted = accepted
    }

    package var description: String {
        "\(self.key): \"\(self.given)\" is not accepted, expected \(self.accepted)"
    }
}

extension HTTP2Limits {
    /// All keys, in the order of the table.
    package static var keys: [String] {
        self.table.map(\.key)
    }

    /// Sets one limit from text.
    ///
    /// Counts are plain numbers; sizes are bytes, alone or with `B`, `KiB`, `MiB`, `GiB`; times need one of `ns`, `us`,
    /// `ms`, `s`, `m`, `h`; optional times also take `off`.
    ///
    /// - Throws: ``LimitProblem`` for an unknown key, an unknown form or a value out of range; nothing is changed then.
    package mutating func set(_ key: String, to value: String) throws(LimitProblem) {
        guard let row = Self.table.first(where: { $0.key == key }) else {
            throw LimitProblem(key: key, given: value, accepted: "one of the keys " + Self.keys.joined(separator: ", "))
        }
        guard row.write(value, to: &self) else {
            throw LimitProblem(key: key, given: value, accepted: row.accepted)
        }
    }

    /// Every limit as text that ``set(_:to:)`` takes.
    package func entries() -> [(key: String, value: String)] {
        Self.table.map { ($0.key, $0.text(in: self)) }
    }

    private typealias Row = LimitRow<HTTP2Limits>

    private static let counts = 1...1_000_000_000
    private static let windows = 1...Int(Int32.max)
    private static let sizes = 1024...Int(Int32.max)

    private static let table: [Row] = [
        Row(LimitName.maxConcurrentStreams.rawValue, .count(\.maxConcurrentStreams, 1...Int(Int32.max))),
        Row(LimitName.streamWindow.rawValue, .bytes(\.streamWindow, windows)),
        Row(LimitName.streamWindowMaximum.rawValue, .bytes(\.streamWindowMaximum, windows)),
        Row(LimitName.connectionWindow.rawValue, .bytes(\.connectionWindow, 65_535...Int(Int32.max))),
        Row(LimitName.connectionWindowMaximum.rawValue, .bytes(\.connectionWindowMaximum, 65_535...Int(Int32.max))),
        Row(LimitName.queuedFramesPerStream.rawValue, .count(\.queuedFramesPerStream, counts)),
        Row(LimitName.retainedBytes.rawValue, .bytes(\.retainedBytes, 65_536...1 << 40)),
        Row(LimitName.maxFrameSize.rawValue, .bytes(\.maxFrameSize, 16_384...16_777_215)),
        Row(LimitName.headerListBytes.rawValue, .bytes(\.headerListBytes, 256...16 * 1024 * 1024)),
        Row(LimitName.headerFields.rawValue, .count(\.headerFields, 1...100_000)),
        Row(LimitName.decoderTableBytes.rawValue, .bytes(\.decoderTableBytes, 0...65_536)),
        Row(LimitName.encoderTableBytes.rawValue, .bytes(\.encoderTableBytes, 0...65_536)),
        Row(LimitName.continuationFrames.rawValue, .count(\.continuationFrames, 0...10_000)),
        Row(LimitName.resetsReceived.rawValue, .count(\.resetsReceived, counts)),
        Row(LimitName.resetWindow.rawValue, .time(\.resetWindow)),
        Row(LimitName.rapidResetStreams.rawValue, .count(\.rapidResetStreams, 0...1_000_000_000)),
        Row(LimitName.rapidResetWindow.rawValue, .time(\.rapidResetWindow)),
        Row(LimitName.streamErrors.rawValue, .count(\.streamErrors, counts)),
        Row(LimitName.streamErrorWindow.rawValue, .time(\.streamErrorWindow)),
        Row(LimitName.refusedStreams.rawValue, .count(\.refusedStreams, counts)),
        Row(LimitName.refusedStreamWindow.rawValue, .time(\.refusedStreamWindow)),
        Row(LimitName.glitches.rawValue, .count(\.glitches, counts)),
        Row(LimitName.glitchWindow.rawValue, .time(\.glitchWindow)),
        Row(LimitName.recentlyReset.rawValue, .count(\.recentlyReset, 0...100_000)),
        Row(LimitName.controlFrames.rawValue, .count(\.controlFrames, counts)),
        Row(LimitName.controlFrameWindow.rawValue, .time(\.controlFrameWindow)),
        Row(LimitName.queuedControlFrames.rawValue, .count(\.queuedControlFrames, counts)),
        Row(LimitName.windowUpdates.rawValue, .count(\.windowUpdates, counts)),
        Row(LimitName.windowUpdatesPerData.rawValue, .count(\.windowUpdatesPerData, 0...1_000_000)),
        Row(LimitName.windowUpdatesPerStream.rawValue, .count(\.windowUpdatesPerStream, 0...1_000_000)),
        Row(LimitName.uselessBytes.rawValue, .bytes(\.uselessBytes, sizes)),
        Row(LimitName.settingsEntries.rawValue, .count(\.settingsEntries, 1...2730)),
        Row(LimitName.emptyDataFrames.rawValue, .count(\.emptyDataFrames, 0...1_000_000_000)),
        Row(LimitName.preface.rawValue, .time(\.preface)),
        Row(LimitName.firstSettings.rawValue, .time(\.firstSettings)),
        Row(LimitName.settingsAcknowledgement.rawValue, .time(\.settingsAcknowledgement)),
        Row(LimitName.headerBlock.rawValue, .time(\.headerBlock)),
        Row(LimitName.connectionIdle.rawValue, .time(\.connectionIdle)),
        Row(LimitName.connectionMaxAge.rawValue, .optionalTime(\.connectionMaxAge)),
        Row(LimitName.ageGrace.rawValue, .time(\.ageGrace)),
        Row(LimitName.keepaliveInterval.rawValue, .time(\.keepaliveInterval)),
        Row(LimitName.keepaliveTimeout.rawValue, .time(\.keepaliveTimeout)),
        Row(LimitName.quietInterval.rawValue, .optionalTime(\.quietInterval)),
        Row(LimitName.pingStrikes.rawValue, .count(\.pingStrikes, 0...1_000_000_000)),
        Row(LimitName.pingIntervalWithCalls.rawValue, .time(\.pingIntervalWithCalls)),
        Row(LimitName.pingIntervalWithoutCalls.rawValue, .time(\.pingIntervalWithoutCalls)),
        Row(LimitName.transportStall.rawValue, .time(\.transportStall)),
        Row(LimitName.streamStall.rawValue, .time(\.streamStall)),
        Row(LimitName.streamStallProgress.rawValue, .bytes(\.streamStallProgress, 0...Int(Int32.max))),
        Row(LimitName.streamIdle.rawValue, .optionalTime(\.streamIdle)),
        Row(LimitName.drainGrace.rawValue, .time(\.drainGrace)),
        Row(LimitName.drainHardStop.rawValue, .time(\.drainHardStop)),
    ]
}
