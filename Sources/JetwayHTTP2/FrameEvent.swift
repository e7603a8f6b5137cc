package import NIOCore

/// What the frame parser found.
///
/// A DATA frame is `data` at its header, then any number of `dataPayload` and `dataPadding` as its bytes arrive, then
/// `dataEnd`. Everything else is one event.
package enum FrameEvent: Equatable, Sendable {
    /// The client connection preface is complete (RFC 9113 section 3.4); servers only.
    case preface
    /// A DATA frame begins. `length` is its whole payload with padding: what flow control counts.
    case data(streamID: StreamID, length: Int, padded: Bool, endStream: Bool)
    /// Data of the current DATA frame, as a slice of the input; never empty.
    case dataPayload(ByteBuffer)
    /// Bytes of the current DATA frame that are padding: the octet that holds the padding's length, and the padding.
    case dataPadding(Int)
    /// The current DATA frame is complete.
    case dataEnd
    /// A complete header block.
    case headers(HeadersFrame)
    /// A PRIORITY frame, whose scheme RFC 9113 gave up (section 5.3.2).
    case priority(StreamID, dependency: StreamID)
    case resetStream(StreamID, HTTP2ErrorCode)
    case settings([SettingsEntry])
    case settingsAcknowledged
    /// The eight bytes to send back.
    case ping(UInt64)
    case pingAcknowledged(UInt64)
    /// GOAWAY; of its debug data at most the first KiB.
    case goAway(lastStreamID: StreamID, code: HTTP2ErrorCode, debugData: ByteBuffer)
    /// WINDOW_UPDATE. An increment of 0 is passed on: it ends a stream or the connection, as the stream id says.
    case windowUpdate(StreamID, increment: UInt32)
    /// A frame of a type that is not known here begins; its payload is skipped.
    case unknown(type: UInt8, length: Int)
    /// A frame that is a stream's error by itself; its payload is skipped.
    case streamFault(StreamID, HTTP2ErrorCode, reason: String)
}

/// A complete header block: one HEADERS frame and its CONTINUATION frames.
package struct HeadersFrame: Equatable, Sendable {
    package var streamID: StreamID
    package var endStream: Bool
    /// The stream that the priority field names, if there was such a field. A stream that depends on itself is an error
    /// of that stream, which the caller raises.
    package var dependency: StreamID?
    /// The field block, still encoded.
    package var block: ByteBuffer
    /// How many CONTINUATION frames it took.
    package var continuations: Int

    package init(
        streamID: StreamID, endStream: Bool, dependency: StreamID? = nil, block: ByteBuffer, continuations: Int = 0
    ) {
        self.streamID = streamID
        self.endStream = endStream
        self.dependency = dependency
        self.block = block
        self.continuations = continuations
    }
}
