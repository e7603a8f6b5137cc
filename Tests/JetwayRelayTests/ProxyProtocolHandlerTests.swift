import NIOCore
import NIOEmbedded
import Testing

@testable import JetwayRelay

/// A connection with the handler in front of one that takes down what comes.
private final class Connection {
    /// What the handler behind saw.
    final class Record: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        var isActive = false
        var bytes = ""
        var errors: [any Error] = []

        func channelActive(context: ChannelHandlerContext) { isActive = true }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            bytes += String(buffer: unwrapInboundIn(data))
        }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { errors.append(error) }
    }

    let channel = EmbeddedChannel()
    let record = Record()
    var addresses: [SocketAddress?] = []
    var isWelcome = true

    init() throws {
        let handler = ProxyProtocolHandler(timeout: .seconds(10)) { [unowned self] address in
            addresses.append(address)
            return isWelcome
        }
        try channel.pipeline.syncOperations.addHandler(handler)
        try channel.pipeline.syncOperations.addHandler(record)
        channel.connect(to: try SocketAddress(ipAddress: "10.0.0.2", port: 1), promise: nil)
    }

    func receive(_ text: String) throws {
        try channel.writeInbound(ByteBuffer(string: text))
    }

    var faults: [ProxyProtocolFault?] { record.errors.map { $0 as? ProxyProtocolFault } }
}

@Suite struct ProxyProtocolHandlerTests {
    private static let line = "PROXY TCP4 203.0.113.9 10.0.0.1 54321 443\r\n"

    @Test("The address is told once, and the rest of the bytes goes on")
    func header() throws {
        let connection = try Connection()
        try connection.receive(Self.line + "PRI")
        #expect(connection.addresses == [try SocketAddress(ipAddress: "203.0.113.9", port: 54321)])
        #expect(connection.record.bytes == "PRI")
        try connection.receive(" *")
        #expect(connection.record.bytes == "PRI *")
        #expect(connection.addresses.count == 1)
        #expect(throws: ChannelPipelineError.self) {
            try connection.channel.pipeline.syncOperations.handler(type: ProxyProtocolHandler.self)
        }
    }

    @Test("What is behind sees no connection before the header is whole, byte by byte or not")
    func waiting() throws {
        let connection = try Connection()
        for byte in Self.line {
            #expect(!connection.record.isActive)
            try connection.receive(String(byte))
        }
        #expect(connection.record.isActive)
        #expect(connection.record.bytes.isEmpty)
        try connection.receive("PRI")
        #expect(connection.record.bytes == "PRI")
    }

    @Test("A proxy's own connection goes on without an address")
    func local() throws {
        let connection = try Connection()
        try connection.channel.writeInbound(ByteBuffer(bytes: proxyBlock(command: 0x20, transport: 0, [])))
        #expect(connection.addresses == [nil])
        #expect(connection.record.isActive)
        #expect(connection.channel.isActive)
    }

    @Test("A connection that begins with anything else is closed, and nothing of it goes on")
    func malformed() throws {
        let connection = try Connection()
        try connection.receive("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        #expect(connection.faults == [.signature])
        #expect(!connection.channel.isActive)
        #expect(connection.addresses.isEmpty)
        #expect(connection.record.bytes.isEmpty)
        #expect(!connection.record.isActive)
    }

    @Test("A connection that is not welcome is closed, and nothing of it goes on")
    func unwelcome() throws {
        let connection = try Connection()
        connection.isWelcome = false
        try connection.receive(Self.line + "PRI")
        #expect(!connection.channel.isActive)
        #expect(connection.record.bytes.isEmpty)
    }

    @Test("A header that is not whole in time closes the connection")
    func timeout() throws {
        let connection = try Connection()
        try connection.receive(String(Self.line.dropLast()))
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(9))
        #expect(connection.channel.isActive)
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(connection.faults == [.timeout])
        #expect(!connection.channel.isActive)
    }

    @Test("The time ends with the header")
    func inTime() throws {
        let connection = try Connection()
        try connection.receive(Self.line)
        connection.channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(connection.channel.isActive)
    }
}
