package import NIOCore
internal import NIOSSL
internal import NIOTLS

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// TLS of both sides: version 1.2 at least, authenticated encryption with forward secrecy, ALPN exactly `h2`.
package enum FlightTLS {
    /// Makes the handlers between a server's socket and HTTP/2 of one connection.
    package typealias ServerHandlers = @Sendable () throws -> [any ChannelHandler]
    /// Makes those of a client's, for a server's name (nil for an IP address).
    package typealias ClientHandlers = @Sendable (_ serverName: String?) throws -> [any ChannelHandler]

    /// The cipher suites of TLS 1.2; those of TLS 1.3 are all good.
    private static let cipherSuites = [
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
    ].joined(separator: ":")

    /// How long the end of a connection waits for the peer's close_notify. By then HTTP/2 has said all that there was to
    /// say, and gRPC's C++ servers send none.
    private static let shutdown = TimeAmount.milliseconds(200)

    /// TLS towards clients.
    ///
    /// - Parameters:
    ///   - certificate: a PEM file with the chain, the server's own first.
    ///   - key: a PEM file.
    ///   - handshake: the time that a handshake may take.
    ///
    /// - Throws: `FlightProblem` naming the file that cannot be used.
    package static func server(certificate: String, key: String, handshake: TimeAmount = .seconds(10)) throws
        -> ServerHandlers
    {
        let chain = try read(certificate, what: "certificate") { try NIOSSLCertificate.fromPEMFile($0) }
        guard !chain.isEmpty else { throw FlightProblem("certificate \(certificate): there is no certificate in it") }
        let privateKey = try read(key, what: "key") { try NIOSSLPrivateKey(file: $0, format: .pem) }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey))
        configuration.minimumTLSVersion = .tlsv12
        configuration.cipherSuites = cipherSuites
        configuration.applicationProtocols = ["h2"]
        configuration.shutdownTimeout = shutdown
        let context: NIOSSLContext
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw FlightProblem(
                "certificate \(certificate) and key \(key) do not belong together: \(FlightProblem.describe(error))")
        }
        return { [NIOSSLServerHandler(context: context), TLSGate(timeout: handshake)] }
    }

    /// TLS towards a server.
    ///
    /// - Parameters:
    ///   - authority: a PEM file of certificates to trust instead of the system's.
    ///   - insecure: any certificate is taken.
    ///   - handshake: the time that a handshake may take.
    package static func client(authority: String?, insecure: Bool, handshake: TimeAmount = .seconds(10)) throws
        -> ClientHandlers
    {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.cipherSuites = cipherSuites
        configuration.applicationProtocols = ["h2"]
        configuration.shutdownTimeout = shutdown
        if let authority {
            let roots = try read(authority, what: "CA") { try NIOSSLCertificate.fromPEMFile($0) }
            configuration.trustRoots = .certificates(roots)
        }
        if insecure { configuration.certificateVerification = .none }
        let context: NIOSSLContext
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw FlightProblem("TLS to the server cannot be set up: \(FlightProblem.describe(error))")
        }
        return { name in
            [
                try NIOSSLClientHandler(context: context, serverHostname: name),
                TLSGate(timeout: handshake),
            ]
        }
    }

    private static func read<T>(_ file: String, what: String, _ body: (String) throws -> T) throws -> T {
        // The TLS library says of a file that it may not read that there is no certificate in it.
        guard access(file, R_OK) == 0 else {
            throw FlightProblem("\(what) \(file): \(String(cString: strerror(errno)))")
        }
        do {
            return try body(file)
        } catch {
            throw FlightProblem("\(what) \(file): \(FlightProblem.describe(error))")
        }
    }
}

/// Lets a connection live only if its TLS handshake ends in time and agrees on exactly `h2` (NIOSSL goes on otherwise).
private final class TLSGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let timeout: TimeAmount
    private var timer: Scheduled<Void>?

    init(timeout: TimeAmount) {
        self.timeout = timeout
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: timeout) {
            Self.refuse("the TLS handshake took too long", context: bound.value)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted(let negotiated)? = event as? TLSUserEvent {
            timer?.cancel()
            timer = nil
            guard negotiated == "h2" else {
                return Self.refuse("ALPN did not agree on h2", context: context)
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    private static func refuse(_ reason: String, context: ChannelHandlerContext) {
        context.fireErrorCaught(FlightProblem(reason))
        context.close(promise: nil)
    }
}
