import FlightProtocol
import JetwayCore
import Logging
import NIOCore
import NIOEmbedded
import NIOHPACK

@testable import JetwayHTTP2
@testable import JetwayRelay

/// Holds writes back like a socket whose buffer is full: they are taken, and their promises kept, when the world says so.
final class Valve: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    private var held: [(NIOAny, EventLoopPromise<Void>?)] = []
    private var flushable = 0
    var isOpen = true

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        held.append((data, promise))
    }

    func flush(context: ChannelHandlerContext) {
        flushable = held.count
        if isOpen { release(context) }
    }

    func open(_ context: ChannelHandlerContext) {
        isOpen = true
        release(context)
    }

    private func release(_ context: ChannelHandlerContext) {
        let ready = held.prefix(flushable)
        held.removeFirst(flushable)
        flushable = 0
        for (data, promise) in ready { context.write(data, promise: promise) }
        context.flush()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        for (_, promise) in held { promise?.fail(ChannelError.ioOnClosedChannel) }
        held = []
    }
}

/// One end of an in-memory transport.
final class End {
    let channel: EmbeddedChannel
    let connection: HTTP2Connection
    let valve = Valve()
    /// Bytes that have left the channel and are on the wire.
    var wire = ByteBuffer()

    init(_ connection: HTTP2Connection, loop: EmbeddedEventLoop) throws {
        self.connection = connection
        channel = EmbeddedChannel(loop: loop)
        try channel.pipeline.syncOperations.addHandler(valve)
        try channel.pipeline.syncOperations.addHandler(connection)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    /// Moves what was written to the wire.
    func collect() throws {
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { wire.writeImmutableBuffer(buffer) }
    }

    /// The socket takes what was held back.
    func openValve() throws {
        let context = try channel.pipeline.syncOperations.context(handler: valve)
        valve.open(context)
    }
}

/// A client's or server's half of one call in the world: what it sent, what it got.
final class Party: HTTP2StreamSink {
    var stream: HTTP2Stream?
    /// The call's number, the same at both ends.
    var number: String?
    var sent: [UInt8] = []
    var received: [UInt8] = []
    /// Received bytes whose credit was not given back yet.
    var unreleased = 0
    var hasSentEnd = false
    var hasReceivedEnd = false
    var head: HeaderList?
    var trailers: HeaderList?
    var closure: StreamClosure?
    var ends = 0

    func stream(_ stream: HTTP2Stream, receivedHead head: HeaderList, endStream: Bool) {
        self.head = head
        if endStream { end(trailers: head) }
    }

    func stream(_ stream: HTTP2Stream, received data: ByteBuffer, endStream: Bool) {
        received += Array(data.readableBytesView)
        unreleased += data.readableBytes
        if endStream { end(trailers: nil) }
    }

    func stream(_ stream: HTTP2Stream, receivedTrailers trailers: HeaderList) { end(trailers: trailers) }
    func stream(_ stream: HTTP2Stream, delivered bytes: Int) {}

    func stream(_ stream: HTTP2Stream, closed closure: StreamClosure) {
        self.closure = closure
        // Behind a complete response it only says that the rest of the request is not needed.
        if hasReceivedEnd, closure == .reset(.noError) { return }
        ends += 1
    }

    private func end(trailers: HeaderList?) {
        self.trailers = trailers
        hasReceivedEnd = true
        ends += 1
    }

    var status: String? { trailers?.fields.first(name: "grpc-status") }
}

/// A client, the real relay, and a server, joined by in-memory transports whose bytes move when the test moves them.
final class World: HTTP2ConnectionOwner {
    let loop = EmbeddedEventLoop()
    let relay: RelayLoop
    let budget: ByteBudget
    private(set) var client: End!
    private(set) var front: End!
    private(set) var back: End!
    private(set) var server: End!
    var clientParties: [Party] = []
    var serverParties: [StreamID: Party] = [:]
    var faults: [ConnectionFault] = []
    /// The servers' halves of the calls, in the order in which the calls arrived.
    var servers: [Party] { serverParties.sorted { $0.key < $1.key }.map(\.value) }
    private let peers: HTTP2Loop

    init(limits: RelayLimits = RelayLimits()) throws {
        let box = NIOLoopBoundBox<World?>(nil, eventLoop: loop)
        let endpoint = try FlightLocation(parsing: "grpc://127.0.0.1:1")
        let connector = UpstreamConnector(endpoint: endpoint) { connection, loop in
            loop.makeCompletedFuture { try box.value?.attach(connection) }
        }
        var logger = Logger(label: "world")
        logger.logLevel = .critical
        let configuration = RelayConfiguration(
            limits: limits, upstreams: [UpstreamSettings(name: "server", connector: connector, limits: limits)],
            makePipeline: { _ in Pipeline(Stage(SingleUpstreamRoute(), before: Relaying())) }, logger: logger)
        let shared = RelayShared(limits: limits, loops: 1)
        budget = shared.budget
        relay = RelayLoop(
            eventLoop: loop, configuration: configuration, shared: shared,
            activeCalls: shared.activeCalls(configuration.upstreams))
        peers = HTTP2Loop(eventLoop: loop, budget: ByteBudget(limit: 1 << 40))
        box.value = self
        front = try End(DownstreamConnection(loop: relay, peer: Peer(address: nil)).makeConnection(), loop: loop)
        client = try End(
            HTTP2Connection(role: .client, limits: .upstream, loop: peers, owner: self), loop: loop)
        relay.warm()
        try moveEverything()
    }

    private func attach(_ connection: HTTP2Connection) throws {
        back = try End(connection, loop: loop)
        server = try End(HTTP2Connection(role: .server, limits: .downstream, loop: peers, owner: self), loop: loop)
    }

    // MARK: Moving bytes

    var wires: [(from: End, to: End)] { [(client, front), (front, client), (back, server), (server, back)] }

    /// Moves at most `limit` bytes of one wire.
    func move(_ wire: (from: End, to: End), limit: Int) throws {
        try wire.from.collect()
        guard let slice = wire.from.wire.readSlice(length: min(limit, wire.from.wire.readableBytes)) else { return }
        wire.from.wire.discardReadBytes()
        // A read buffer of its own, as a socket's would be.
        try wire.to.channel.writeInbound(ByteBuffer(bytes: slice.readableBytesView))
        loop.run()
    }

    func moveEverything() throws {
        for end in [client, front, back, server] { try end?.openValve() }
        var moved = true
        while moved {
            moved = false
            loop.run()
            for wire in wires {
                try wire.from.collect()
                guard wire.from.wire.readableBytes > 0 else { continue }
                moved = true
                try move(wire, limit: .max)
            }
        }
    }

    // MARK: Calls

    /// Begins a call. It carries a number that both ends see.
    func call(_ headers: [(String, String)] = [], path: String = "/arrow.flight.protocol.FlightService/DoExchange")
        -> Party?
    {
        let party = Party()
        guard let stream = client.connection.openStream(sink: party) else { return nil }
        var fields = HPACKHeaders([
            (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "front"),
            ("content-type", "application/grpc"), ("te", "trailers"),
        ])
        party.number = "\(clientParties.count)"
        fields.add(name: "x-call", value: party.number ?? "")
        for (name, value) in headers { fields.add(name: name, value: value) }
        stream.send(head: HeaderList(fields), endStream: false)
        party.stream = stream
        clientParties.append(party)
        return party
    }

    static var responseHead: HeaderList {
        HeaderList(HPACKHeaders([(":status", "200"), ("content-type", "application/grpc")]))
    }

    static func trailers(_ status: String) -> HeaderList { HeaderList(HPACKHeaders([("grpc-status", status)])) }

    // MARK: Owner of the client's and the server's connections

    func connection(_ connection: HTTP2Connection, opened stream: HTTP2Stream, head: HeaderList, endStream: Bool) {
        let party = Party()
        party.stream = stream
        party.number = head.fields.first(name: "x-call")
        party.hasReceivedEnd = endStream
        stream.sink = party
        serverParties[stream.id] = party
    }

    func connectionBecameReady(_ connection: HTTP2Connection) {}
    func connectionCapacityChanged(_ connection: HTTP2Connection) {}
    func connectionIsDraining(_ connection: HTTP2Connection) {}

    func connectionClosed(_ connection: HTTP2Connection, fault: ConnectionFault?) {
        if let fault { faults.append(fault) }
    }

    func finish() {
        for end in [client, front, back, server] { _ = try? end?.channel.finish(acceptAlreadyClosed: true) }
    }
}
