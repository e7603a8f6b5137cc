package import NIOCore
package import NIOHPACK

/// Why a stream ended otherwise than by END_STREAM in both directions.
package enum StreamClosure: Equatable, Sendable {
    /// The peer sent RST_STREAM.
    case reset(HTTP2ErrorCode)
    /// The peer broke a rule of the protocol; it was sent RST_STREAM with this code.
    case fault(HTTP2ErrorCode)
    /// The peer said by GOAWAY that it did not and will not process the stream.
    case unprocessed
    /// A limit of ours ended it.
    case limit(LimitName)
    /// The connection ended; the text says why and is safe to show to an operator.
    case connectionLost(String)
}

/// What takes in a stream's events. All calls come on the stream's event loop, synchronously while a read is parsed.
package protocol HTTP2StreamSink: AnyObject {
    /// A response head (client role only: a server's streams begin with theirs).
    func stream(_ stream: HTTP2Stream, receivedHead head: HeaderList, endStream: Bool)
    /// DATA, possibly a part of a frame. Its bytes are owed to the peer until `HTTP2Stream.release` is called with their count.
    func stream(_ stream: HTTP2Stream, received data: ByteBuffer, endStream: Bool)
    /// Trailers; nothing follows.
    func stream(_ stream: HTTP2Stream, receivedTrailers trailers: HeaderList)
    /// Bytes that were given to `send(data:)` have left for the socket (in TLS: were encrypted and written).
    func stream(_ stream: HTTP2Stream, delivered bytes: Int)
    /// The stream ended abnormally. It is the last call.
    func stream(_ stream: HTTP2Stream, closed closure: StreamClosure)
}

/// One stream of a connection: what a relay reads from and writes to. Confined to the connection's event loop.
package final class HTTP2Stream {
    /// What follows the queued DATA.
    enum Ending {
        case none
        case endStream
        case trailers(HeaderList, appending: HPACKHeaders?)
    }

    package let id: StreamID
    /// Who gets the stream's events; released when the stream ends.
    package var sink: (any HTTP2StreamSink)?
    /// Nil once the stream has ended.
    package internal(set) var connection: HTTP2Connection?

    var state = StreamState()
    var receiveWindow: ReceiveWindow
    var sendWindow: SendWindow
    var queue = DataQueue()
    var ending = Ending.none
    /// A reset that waits until everything before it has been written.
    var resetAfterFlush: HTTP2ErrorCode?
    /// Whether it stands in the connection's list of streams that can write.
    var isScheduled = false
    /// Whether it stands in the connection's list of streams to settle.
    var isLoose = false
    var probeShare = WindowProbe.Share()
    var wantsLargerWindow = false
    /// What `content-length` promised and has not arrived yet.
    var contentOutstanding: Int?
    var stall = StallClock()
    var idle = IdleClock()
    /// Goes up with everything that is received or written.
    var activity = 0

    init(id: StreamID, connection: HTTP2Connection, receiveWindow: Int, sendWindow: Int) {
        self.id = id
        self.connection = connection
        self.receiveWindow = ReceiveWindow(size: receiveWindow)
        self.sendWindow = SendWindow(sendWindow)
    }

    /// Whether the stream has ended for both sides.
    package var isClosed: Bool { connection == nil }
    /// Whether both directions have ended, as far as this end knows.
    package var hasEnded: Bool { state.isClosed || isClosed }
    /// Whether the peer has sent END_STREAM.
    package var hasReceivedEnd: Bool { state.receiving == .ended }
    /// Whether END_STREAM or trailers were handed to the stream (they may still wait behind DATA).
    package var hasSentEnd: Bool {
        if case .none = ending { return state.sending == .ended }
        return true
    }
    /// Whether a header block was sent.
    package var hasSentHead: Bool { state.sending != .expectingHead }
    /// DATA that waits for a window or the socket.
    package var queuedBytes: Int { queue.bytes }

    /// Sends a head (or, with `endStream`, a trailers-only response). `extra`: fields that differ from call to call.
    package func send(head: HeaderList, appending extra: HPACKHeaders? = nil, endStream: Bool) {
        connection?.send(head: head, appending: extra, endStream: endStream, on: self)
    }

    /// Sends DATA: at once where window and socket allow, else as soon as they do.
    package func send(data: ByteBuffer, endStream: Bool) {
        connection?.send(data: data, endStream: endStream, on: self)
    }

    /// Sends trailers behind all DATA.
    package func send(trailers: HeaderList, appending extra: HPACKHeaders? = nil) {
        connection?.send(trailers: trailers, appending: extra, on: self)
    }

    /// Ends the stream abnormally. `afterFlush`: DATA and trailers that were sent before go out first.
    package func reset(_ code: HTTP2ErrorCode, afterFlush: Bool = false) {
        connection?.reset(self, code: code, afterFlush: afterFlush)
    }

    /// Gives credit for received bytes back to the peer.
    package func release(_ bytes: Int) {
        connection?.release(bytes, on: self)
    }
}
