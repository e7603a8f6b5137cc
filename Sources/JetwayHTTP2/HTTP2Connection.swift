package import NIOCore
internal import NIOHPACK

/// What hears of a connection's life. All calls come on the connection's event loop.
package protocol HTTP2ConnectionOwner: AnyObject {
    /// A peer opened a stream (server role). The head is valid HTTP; whether it is over the announced limits, and what it
    /// asks for, is the owner's to judge. The owner sets the stream's sink.
    func connection(_ connection: HTTP2Connection, opened stream: HTTP2Stream, head: HeaderList, endStream: Bool)
    /// The peer's first SETTINGS arrived: streams may be opened (client role).
    func connectionBecameReady(_ connection: HTTP2Connection)
    /// A stream ended, or the peer changed how many it takes.
    func connectionCapacityChanged(_ connection: HTTP2Connection)
    /// GOAWAY was received or sent: no new streams on this connection.
    func connectionIsDraining(_ connection: HTTP2Connection)
    /// The connection is gone. `fault`: what it was ended for, if it was not ended in order.
    func connectionClosed(_ connection: HTTP2Connection, fault: ConnectionFault?)
}

/// An HTTP/2 connection (RFC 9113) made for relaying, in either role; the last handler of its channel.
///
/// It parses frames in place from the read buffer and hands a stream's sink what arrived, synchronously; a DATA payload is
/// written from the buffer that it was read into. What is written in one turn of the loop goes out in one flush.
/// Everything is confined to the channel's event loop.
package final class HTTP2Connection: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    package let role: HTTP2Role
    package let limits: HTTP2Limits
    package let loop: HTTP2Loop
    package weak var owner: (any HTTP2ConnectionOwner)?
    private let readsFromPool: Bool

    // Inbound.
    var parser: FrameParser
    var decoder: HeaderBlockDecoder
    var abuse: AbuseMonitor
    var connectionReceiveWindow: ReceiveWindow
    var probe = WindowProbe()
    /// The stream and END_STREAM flag of the DATA frame that is being received; nil if its payload is to be dropped.
    var dataStream: HTTP2Stream?
    var dataEndsStream = false
    var pendingData: ByteBuffer?
    var framePayload = 0
    var framePadding = 0
    var readBuffer: ByteBuffer?

    // Streams.
    var streams: [StreamID: HTTP2Stream] = [:]
    var lastUsedStream: HTTP2Stream?
    /// The highest stream the peer opened (server role) or we opened (client role).
    var highestStream = StreamID.connection
    var resetByUs: RecentlyReset
    var resetByPeer: RecentlyReset
    var finished: RecentlyReset
    var streamsOpened = 0

    // Outbound.
    var outbound: OutboundBatch
    var encoder: HeaderBlockEncoder
    var headerBlock = ByteBuffer()
    var connectionSendWindow = SendWindow(65_535)
    var scheduled: [HTTP2Stream] = []
    var peer = PeerSettings()
    var isDirty = false
    /// A flush has not been taken by the socket yet; until it is, everything else waits.
    var isCongested = false
    var controlFramesQueued = 0
    /// The capacity that queued DATA holds in memory.
    var retained = 0
    /// Streams whose queues hold buffers much larger than what is queued.
    var loose: [HTTP2Stream] = []
    var settleTimer: LoopTimer?

    // Life.
    var life = ConnectionLife()
    var timer: LoopTimer?
    var context: ChannelHandlerContext?

    /// - Parameters:
    ///   - role: what we are on this connection.
    ///   - limits: `HTTP2Limits.downstream` or `.upstream`, or a variation of it.
    ///   - readsFromPool: whether read buffers come from the loop's pool and go back there. Those of a TLS handler are its
    ///     own, and what is large in them is copied into one of the pool: the handler uses a buffer again only if nobody
    ///     else holds it, and otherwise takes a new one that NIO fills with a copy of the whole old one.
    package init(
        role: HTTP2Role, limits: HTTP2Limits, loop: HTTP2Loop, owner: any HTTP2ConnectionOwner,
        readsFromPool: Bool = true
    ) {
        self.readsFromPool = readsFromPool
        self.role = role
        self.limits = limits
        self.loop = loop
        self.owner = owner
        self.parser = FrameParser(
            expectsPreface: role == .server, maxFrameSize: limits.maxFrameSize,
            maxHeaderBlock: 4 * limits.headerListBytes,
            maxContinuations: limits.continuationFrames, maxSettingsEntries: limits.settingsEntries)
        self.decoder = HeaderBlockDecoder(tableSize: limits.decoderTableBytes, maxListSize: limits.headerListBytes)
        self.encoder = HeaderBlockEncoder(tableSize: limits.encoderTableBytes)
        self.abuse = AbuseMonitor(role: role, limits: limits)
        self.connectionReceiveWindow = ReceiveWindow(size: limits.connectionWindow)
        self.resetByUs = RecentlyReset(capacity: limits.recentlyReset)
        self.resetByPeer = RecentlyReset(capacity: limits.recentlyReset)
        self.finished = RecentlyReset(capacity: limits.recentlyReset)
        self.outbound = OutboundBatch()
    }

    /// Whether a new stream may be opened now (client role).
    package var canOpenStream: Bool { acceptsStreams && streams.count < maxOpenStreams }
    /// Whether the connection takes new streams at all: it is ready and not draining.
    package var acceptsStreams: Bool { life.isReady && !life.isDraining && !life.isClosing }
    /// How many streams are open.
    package var openStreams: Int { streams.count }
    /// How many streams we keep open at once: the peer's limit, and ours.
    package var maxOpenStreams: Int { min(peer.maxConcurrentStreams, limits.maxConcurrentStreams) }
    /// The bytes of memory that queued DATA holds.
    package var retainedBytes: Int { retained }
    /// Whether its queues hold less than they may: new calls go to another connection otherwise.
    package var hasRoom: Bool { retained < limits.retainedBytes }
    /// Why it ended, for an operator.
    package var closeReason: String {
        life.fault?.reason ?? life.transportError ?? "the connection was closed by the peer"
    }

    /// Visits the open streams, oldest first. Streams may end meanwhile.
    package func forEachStream(_ body: (HTTP2Stream) -> Void) {
        for stream in streams.values.sorted(by: { $0.id < $1.id }) { body(stream) }
    }

    // MARK: Channel events

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { start() }
    }

    package func channelActive(context: ChannelHandlerContext) {
        start()
        context.fireChannelActive()
    }

    private func start() {
        guard life.start(now: .now()) else { return }
        timer = LoopTimer(on: loop.timers) { [weak self] in self?.housekeeping() }
        writePrefaceAndSettings()
        markDirty()
        scheduleHousekeeping(now: .now())
    }

    private func writePrefaceAndSettings() {
        var entries = [
            SettingsEntry(id: SettingsEntry.initialWindowSize, value: UInt32(limits.streamWindow)),
            SettingsEntry(id: SettingsEntry.maxFrameSize, value: UInt32(limits.maxFrameSize)),
            SettingsEntry(id: SettingsEntry.maxHeaderListSize, value: UInt32(limits.headerListBytes)),
        ]
        switch role {
        case .server:
            entries.append(
                SettingsEntry(id: SettingsEntry.maxConcurrentStreams, value: UInt32(limits.maxConcurrentStreams)))
        case .client:
            outbound.control.writeBytes(ByteBuffer.preface)
            entries.append(SettingsEntry(id: SettingsEntry.enablePush, value: 0))
        }
        if limits.decoderTableBytes != 4096 {
            entries.append(SettingsEntry(id: SettingsEntry.headerTableSize, value: UInt32(limits.decoderTableBytes)))
        }
        outbound.control.writeSettings(entries)
        if limits.connectionWindow > 65_535 {
            outbound.control.writeWindowUpdate(streamID: .connection, increment: limits.connectionWindow - 65_535)
        }
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var input = unwrapInboundIn(data)
        loop.beginTurn()
        guard !life.isClosing else { return }
        let now = NIODeadline.now()
        life.lastRead = now
        let isCopied = !readsFromPool && input.readableBytes > OutboundBatch.copyUpTo
        if isCopied { input = loop.buffers.copy(of: input, allocator: context.channel.allocator) }
        receive(&input, now: now)
        if readsFromPool || isCopied { readBuffer = input }
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        loop.endTurn()
        if let buffer = readBuffer.take() { loop.buffers.give(buffer) }
    }

    package func channelInactive(context: ChannelHandlerContext) {
        connectionLost("the connection was closed by the peer")
        context.fireChannelInactive()
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        connectionLost("the connection was closed")
        self.context = nil
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        life.transportError = "\(error)"
        context.close(promise: nil)
    }

    private func connectionLost(_ reason: String) {
        guard life.finish() else { return }
        timer?.cancel()
        timer = nil
        settleTimer?.cancel()
        settleTimer = nil
        loose = []
        let reason = life.fault?.reason ?? life.transportError ?? reason
        loop.budget.add(-retained)
        retained = 0
        let open = streams.values.sorted { $0.id < $1.id }
        streams = [:]
        scheduled = []
        lastUsedStream = nil
        dataStream = nil
        outbound = OutboundBatch()
        for stream in open { detach(stream)?.stream(stream, closed: .connectionLost(reason)) }
        owner?.connectionClosed(self, fault: life.fault)
    }

    // MARK: Streams

    /// Opens a stream (client role). Nil if the connection takes none now.
    package func openStream(sink: any HTTP2StreamSink) -> HTTP2Stream? {
        guard role == .client, canOpenStream else { return nil }
        let next = highestStream == .connection ? 1 : highestStream.rawValue + 2
        guard next < UInt32(Int32.max) - 2 else {
            drain()
            return nil
        }
        let stream = makeStream(StreamID(rawValue: next))
        stream.sink = sink
        life.lastOpened = .now()
        if limits.quietInterval != nil { scheduleHousekeeping(now: life.lastOpened) }
        return stream
    }

    func makeStream(_ id: StreamID) -> HTTP2Stream {
        let stream = HTTP2Stream(
            id: id, connection: self, receiveWindow: limits.streamWindow, sendWindow: peer.initialWindowSize)
        highestStream = id
        streams[id] = stream
        streamsOpened &+= 1
        abuse.streamOpened()
        abuse.traffic()
        life.idleSince = nil
        if limits.streamIdle != nil { scheduleHousekeeping(now: .now()) }
        return stream
    }

    func stream(_ id: StreamID) -> HTTP2Stream? {
        if let last = lastUsedStream, last.id == id { return last }
        guard let stream = streams[id] else { return nil }
        lastUsedStream = stream
        return stream
    }

    /// Takes a stream out of the table, with all that it queued. Returns its sink, for the last call.
    @discardableResult
    func remove(_ stream: HTTP2Stream) -> (any HTTP2StreamSink)? {
        streams[stream.id] = nil
        if lastUsedStream === stream { lastUsedStream = nil }
        if dataStream === stream { dataStream = nil }
        retain(-stream.queue.retained)
        let sink = detach(stream)
        if streams.isEmpty { life.idleSince = .now() }
        owner?.connectionCapacityChanged(self)
        closeIfDrained()
        return sink
    }

    private func detach(_ stream: HTTP2Stream) -> (any HTTP2StreamSink)? {
        let sink = stream.sink
        stream.sink = nil
        stream.connection = nil
        _ = stream.queue.removeAll()
        stream.ending = .none
        return sink
    }

    /// Adds to the memory that queues hold (or takes from it).
    func retain(_ bytes: Int) {
        guard bytes != 0 else { return }
        retained += bytes
        loop.budget.add(bytes)
    }

    func markDirty() {
        guard !isDirty else { return }
        isDirty = true
        loop.markDirty(self)
    }
}

@available(*, unavailable)
extension HTTP2Connection: Sendable {}
