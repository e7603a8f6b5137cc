package import NIOCore
internal import NIOSSL

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

    /// TLS towards a server.
    ///
    /// - Parameters:
    ///   - authority: a PEM file of certificates to trust instead of the system's.
    ///   - insecure: any certificate is taken.
    ///   - certificate: a PEM file with the client's own certificate and its chain, for servers that ask for one.
    ///   - key: a PEM file with its key.
    ///   - serverName: the name that the server's certificate must have instead of that which is dialled.
    ///   - handshake: the time that a handshake may take.
    ///
    /// - Throws: `FlightProblem` naming the file that cannot be used.
    package static func client(
        authority: String?, insecure: Bool, certificate: String? = nil, key: String? = nil, serverName: String? = nil,
        handshake: TimeAmount = .seconds(10)
    ) throws -> ClientHandlers {
        var configuration = TLSConfiguration.makeClientConfiguration()
        restrict(&configuration)
        if insecure { configuration.certificateVerification = .none }
        do throws(TLSFileProblem) {
            if let authority {
                configuration.trustRoots = .certificates(try TLSIdentity.certificates(in: authority, .authority))
            }
            if let identity = try TLSIdentity(certificate: certificate, key: key) {
                configuration.certificateChain = identity.chain
                configuration.privateKey = identity.key
            }
        } catch {
            throw FlightProblem(error)
        }
        let context = try context(configuration, towards: "the server")
        return { name in
            [
                try NIOSSLClientHandler(context: context, serverHostname: serverName ?? name),
                TLSGate(timeout: handshake),
            ]
        }
    }

    static func context(_ configuration: TLSConfiguration, towards peer: String) throws -> NIOSSLContext {
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw FlightProblem("TLS to \(peer) cannot be set up: \(FlightProblem.describe(error))")
        }
    }

    /// What holds for both sides.
    static func restrict(_ configuration: inout TLSConfiguration) {
        configuration.minimumTLSVersion = .tlsv12
        configuration.cipherSuites = cipherSuites
        configuration.applicationProtocols = ["h2"]
        configuration.shutdownTimeout = shutdown
    }
}
