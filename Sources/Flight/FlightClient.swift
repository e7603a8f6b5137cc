package import FlightProtocol
package import JetwayHTTP2
package import NIOCore
internal import NIOHPACK
internal import NIOPosix

/// A Flight client: one connection to a server, any number of calls at once.
package final class FlightClient: Sendable {
    /// How a client connects.
    package struct Settings: Sendable {
        /// TLS, for a location that has it.
        package var tls: FlightTLS.ClientHandlers?
        package var connectTimeout = TimeAmount.seconds(10)
        package var limits = HTTP2Limits.upstream
        /// Bytes of the largest message that is taken.
        package var messageLimit = Int(Int32.max)

        package init() {}
    }

    private let connection: NIOLoopBound<ClientConnection>
    private let channel: any Channel
    private let location: FlightLocation

    private init(connection: NIOLoopBound<ClientConnection>, channel: any Channel, location: FlightLocation) {
        self.connection = connection
        self.channel = channel
        self.location = location
    }

    /// Connects. Calls wait until the server has sent its first SETTINGS.
    ///
    /// - Throws: `FlightProblem`, if the server cannot be reached.
    package static func connect(to location: FlightLocation, _ settings: Settings = Settings()) async throws
        -> FlightClient
    {
        let eventLoop = NIOSingletons.posixEventLoopGroup.next()
        let owner = ClientConnection.self
        let connection = try await eventLoop.submit {
            NIOLoopBound(owner.init(eventLoop: eventLoop, messageLimit: settings.messageLimit), eventLoop: eventLoop)
        }.get()
        do {
            // On the loop, so that the handlers are there before the first read: a server speaks first. Not in an initializer,
            // for a host may have several addresses, with a channel each until one is connected.
            let channel = try await eventLoop.flatSubmit {
                dial(location, settings, on: eventLoop).flatMapThrowing { channel in
                    try prepare(channel, for: connection.value, location: location, settings: settings)
                    return channel
                }
            }.get()
            return FlightClient(connection: connection, channel: channel, location: location)
        } catch {
            throw FlightProblem("cannot connect to \(location): \(FlightProblem.describe(error))")
        }
    }

    private static func dial(
        _ location: FlightLocation, _ settings: Settings, on eventLoop: any EventLoop
    ) -> EventLoopFuture<any Channel> {
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(settings.connectTimeout)
            .channelOption(.maxMessagesPerRead, value: 1)
        return switch location.address {
        case .host(let host, let port): bootstrap.connect(host: host, port: port)
        case .unixSocket(let path): bootstrap.connect(unixDomainSocketPath: path)
        }
    }

    private static func prepare(
        _ channel: any Channel, for connection: ClientConnection, location: FlightLocation, settings: Settings
    ) throws {
        let loop = HTTP2Loop(eventLoop: channel.eventLoop, budget: ByteBudget(limit: 1 << 30))
        if case .host(let host, _) = location.address {
            SocketOptions.apply(to: channel)
            if let tls = settings.tls {
                let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
                try channel.pipeline.syncOperations.addHandlers(try tls(isAddress ? nil : host))
            }
        }
        try channel.syncOptions?.setOption(.recvAllocator, value: ReceiveBufferSource(pool: loop.buffers))
        let http2 = connection.makeConnection(limits: settings.limits, loop: loop, usesTLS: settings.tls != nil)
        try channel.pipeline.syncOperations.addHandler(http2)
    }

    /// Closes when the last call has ended.
    package func close() async {
        let connection = connection
        connection.eventLoop.execute { connection.value.drain() }
        try? await channel.closeFuture.get()
    }

    // MARK: Calls

    /// The flights that the server has, as far as `expression` selects them.
    package func listFlights(_ expression: Criteria = Criteria()) async throws -> FlightReader<FlightInfo> {
        FlightReader(call: try await request(.listFlights, expression))
    }

    package func getFlightInfo(_ descriptor: FlightDescriptor) async throws -> FlightInfo {
        try await request(.getFlightInfo, descriptor).only()
    }

    package func getSchema(_ descriptor: FlightDescriptor) async throws -> SchemaResult {
        try await request(.getSchema, descriptor).only()
    }

    /// The data behind a ticket: the schema, then dictionaries and record batches.
    package func doGet(_ ticket: Ticket) async throws -> FlightReader<FlightData> {
        FlightReader(call: try await request(.doGet, ticket))
    }

    package func doAction(_ action: Action) async throws -> FlightReader<ActionResult> {
        FlightReader(call: try await request(.doAction, action))
    }

    package func listActions() async throws -> FlightReader<ActionType> {
        FlightReader(call: try await request(.listActions, Empty()))
    }

    /// An upload. The first message carries the descriptor and the schema.
    package func doPut() async throws -> FlightExchange<FlightData, PutResult> {
        FlightExchange(call: try await open(.doPut))
    }

    /// Data both ways. The first message carries the descriptor.
    package func doExchange() async throws -> FlightExchange<FlightData, FlightData> {
        FlightExchange(call: try await open(.doExchange))
    }

    private func request(_ rpc: FlightRPC, _ message: some FlightMessage) async throws -> CallHandle {
        let call = try await open(rpc)
        try await FlightWriter(call: call).write(message)
        call.finish()
        return call
    }

    private func open(_ rpc: FlightRPC) async throws -> CallHandle {
        let scheme = location.usesTLS ? "https" : "http"
        let authority = location.authority
        let connection = connection
        return try await withCheckedThrowingContinuation { continuation in
            connection.eventLoop.execute {
                let head = HeaderList([
                    ":method": "POST", ":scheme": scheme, ":path": rpc.path, ":authority": authority,
                    "content-type": GRPCContentType.standard, "te": "trailers", "user-agent": "jetway",
                ])
                connection.value.open(head, continuation)
            }
        }
    }
}

/// A call in which both sides send messages, independently of each other.
package struct FlightExchange<Outgoing: FlightMessage, Incoming: FlightMessage>: Sendable {
    let call: CallHandle

    /// What the server sends.
    package var incoming: FlightReader<Incoming> { FlightReader(call: call) }

    package func write(_ message: Outgoing) async throws {
        try await FlightWriter(call: call).write(message)
    }

    /// Says that nothing follows.
    package func finishWriting() {
        call.finish()
    }
}
