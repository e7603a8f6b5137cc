import Foundation
import NIOCore
import NIOPosix
import SwiftASN1
import Testing
import X509

@testable import Flight

/// What came of one handshake, on both sides.
private struct Handshake: Sendable {
    /// What the server was told; nil if nothing.
    var told: [UInt8]??
    /// The bytes that reached the server behind the handshake.
    var received = ""
}

/// Takes down what reaches the server behind TLS, and answers it.
private final class Echo: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let handshake: Box<Handshake>

    init(_ handshake: Box<Handshake>) { self.handshake = handshake }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        handshake.value.received += String(buffer: unwrapInboundIn(data))
        context.writeAndFlush(data, promise: nil)
    }
}

/// Ends with the first bytes that reach the client, or with the connection.
private final class FirstBytes: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var promise: EventLoopPromise<String?>?

    init(_ promise: EventLoopPromise<String?>) { self.promise = promise }

    private func end(_ text: String?) {
        promise?.succeed(text)
        promise = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(NIOAny(ByteBuffer(string: "hello")), promise: nil)
    }
    func channelRead(context: ChannelHandlerContext, data: NIOAny) { end(String(buffer: unwrapInboundIn(data))) }
    func channelInactive(context: ChannelHandlerContext) { end(nil) }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    func handlerRemoved(context: ChannelHandlerContext) { end(nil) }
}

@Suite struct TLSTests {
    private let files: TestCertificates
    private let authority: TestCertificates.Authority

    init() throws {
        files = try TestCertificates()
        authority = try files.makeAuthority("authority")
    }

    /// One connection over loopback.
    ///
    /// - Returns: whether bytes came through and back, and what the server was told.
    private func connect(
        to settings: FlightTLS.ServerSettings, as name: String? = "localhost", trusting trusted: String? = nil,
        with own: TestCertificates.Files? = nil
    ) async throws -> (isOpen: Bool, server: Handshake) {
        let server = try FlightTLS.server(settings)
        let client = try FlightTLS.client(
            authority: trusted ?? authority.file, insecure: false, certificate: own?.certificate, key: own?.key)
        let record = Box(Handshake())
        let group = NIOSingletons.posixEventLoopGroup
        let listener = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(server { record.value.told = .some($0) })
                    try channel.pipeline.syncOperations.addHandler(Echo(record))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let address = try #require(listener.localAddress)
        let loop = group.next()
        let answer = loop.makePromise(of: String?.self)
        let channel = try await ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(client(name))
                    try channel.pipeline.syncOperations.addHandler(FirstBytes(answer))
                }
            }
            .connect(to: address).get()
        let isOpen = try await answer.futureResult.get() != nil
        try? await channel.close().get()
        try await listener.close().get()
        return (isOpen, record.value)
    }

    private func identity(
        _ names: [String], shownFor shown: [String] = []
    ) throws -> FlightTLS.ServerSettings.Identity {
        let files = try files.makeCertificate(names, by: authority)
        return .init(certificate: files.certificate, key: files.key, names: shown)
    }

    private func settings(
        _ asked: FlightTLS.ServerSettings.ClientCertificate, authority: String? = nil
    ) throws -> FlightTLS.ServerSettings {
        .init(
            certificates: [try identity(["localhost"])], clientCA: authority ?? self.authority.file,
            clientCertificate: asked)
    }

    // MARK: Names

    @Test(
        "A client gets the certificate of the name that it asks for",
        arguments: ["one.example.com", "ONE.example.COM", "two.example.com", "any.wild.example.com", "localhost"])
    func serverName(name: String) async throws {
        let settings = FlightTLS.ServerSettings(certificates: [
            try identity(["localhost"]), try identity(["one.example.com"]),
            try identity(["two.example.com", "*.wild.example.com"]),
        ])
        // The client verifies that the certificate is for that name.
        let result = try await connect(to: settings, as: name)
        #expect(result.isOpen)
        #expect(result.server.received == "hello")
        #expect(result.server.told == .some(nil))
    }

    @Test("A name that no certificate has gets the first one")
    func unknownName() async throws {
        let settings = FlightTLS.ServerSettings(certificates: [
            try identity(["*.example.com"], shownFor: ["elsewhere.example.com"]), try identity(["localhost"]),
        ])
        #expect(try await connect(to: settings, as: "nowhere.example.com").isOpen)
        #expect(!(try await connect(to: settings, as: "nowhere.example.org").isOpen))
        #expect(try await connect(to: settings, as: "localhost").isOpen)
    }

    @Test("Names that are given count instead of those in the certificate")
    func givenNames() async throws {
        let settings = FlightTLS.ServerSettings(certificates: [
            try identity(["localhost"]), try identity(["a.example.com", "b.example.com"], shownFor: ["b.example.com"]),
        ])
        #expect(try await connect(to: settings, as: "b.example.com").isOpen)
        #expect(!(try await connect(to: settings, as: "a.example.com").isOpen))
    }

    @Test("A client can expect another name than the one that it dials")
    func expectedName() throws {
        let handlers = try FlightTLS.client(authority: authority.file, insecure: false, serverName: "one.example.com")
        #expect(try handlers("two.example.com").count == 2)
    }

    // MARK: Clients' certificates

    @Test("A client's certificate is told before any of its bytes", arguments: [true, false])
    func clientCertificate(isRequired: Bool) async throws {
        let own = try files.makeCertificate(["client"], by: authority, usage: .clientAuth)
        let result = try await connect(to: try settings(isRequired ? .required : .optional), with: own)
        #expect(result.isOpen)
        let told = try #require(result.server.told ?? nil)
        let expected = try Certificate(pemEncoded: String(contentsOfFile: own.certificate, encoding: .utf8))
        #expect(try Certificate(derEncoded: told) == expected)
    }

    @Test("A client without a certificate passes where it is optional, and not where it is required")
    func withoutCertificate() async throws {
        let optional = try await connect(to: try settings(.optional))
        #expect(optional.isOpen)
        #expect(optional.server.told == .some(nil))
        let required = try await connect(to: try settings(.required))
        #expect(!required.isOpen)
        #expect(required.server.told == nil)
        #expect(required.server.received.isEmpty)
    }

    @Test("A certificate is not asked for where it is not wanted")
    func unwanted() async throws {
        let own = try files.makeCertificate(["client"], by: authority, usage: .clientAuth)
        let result = try await connect(to: try settings(.none), with: own)
        #expect(result.isOpen)
        #expect(result.server.told == .some(nil))
    }

    @Test(
        "A certificate that cannot be verified ends the handshake, also where it is optional", arguments: [true, false])
    func wrongCertificate(isRequired: Bool) async throws {
        let stranger = try files.makeAuthority("stranger")
        let wrong = [
            try files.makeCertificate(["client"], by: stranger, usage: .clientAuth),
            try files.makeCertificate(["client"], by: authority, usage: .serverAuth),
            try files.makeCertificate(["client"], by: authority, usage: .clientAuth, lifetime: -7200 ... -3600),
        ]
        for own in wrong {
            let result = try await connect(to: try settings(isRequired ? .required : .optional), with: own)
            #expect(!result.isOpen)
            #expect(result.server.told == nil)
            #expect(result.server.received.isEmpty)
        }
    }

    @Test("A server that the client does not trust gets nothing")
    func untrustedServer() async throws {
        let stranger = try files.makeAuthority("stranger")
        let result = try await connect(to: try settings(.none), trusting: stranger.file)
        #expect(!result.isOpen)
        #expect(result.server.received.isEmpty)
    }

    @Test("Certificates of clients are never verified with the system's authorities")
    func noAuthority() throws {
        let settings = FlightTLS.ServerSettings(
            certificates: [try identity(["localhost"])], clientCertificate: .required)
        #expect(throws: FlightProblem.self) { try FlightTLS.server(settings) }
        #expect(FlightTLS.problems(with: settings) == [.noAuthority])
    }
}
