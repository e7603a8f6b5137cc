package import NIOCore
internal import NIOSSL

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

extension FlightTLS {
    /// Makes the handlers between the socket and HTTP/2 of one connection.
    ///
    /// They call the closure once, on the event loop, when the handshake is over and before any byte of HTTP/2 goes on, with the
    /// client's verified certificate (DER); nil without one.
    package typealias ConnectionHandlers =
        @Sendable (_ onHandshake: @escaping ([UInt8]?) -> Void) throws -> [any ChannelHandler]

    /// How a server shows who it is, and what it asks of clients.
    package struct ServerSettings: Sendable {
        /// A certificate with its key, and the names of hosts for which it is shown.
        package struct Identity: Sendable {
            /// A PEM file with the chain, the server's own certificate first.
            package var certificate: String
            /// A PEM file.
            package var key: String
            /// Names as in DNS, or `*.` and one, which stands for one label; none: those in the certificate.
            package var names: [String]

            package init(certificate: String, key: String, names: [String] = []) {
                self.certificate = certificate
                self.key = key
                self.names = names
            }
        }

        package enum ClientCertificate: Sendable {
            case none
            /// A client may have none; one that cannot be verified ends the handshake.
            case optional
            case required
        }

        /// The first is shown to clients that ask for a name of none, or for no name.
        package var certificates: [Identity]
        /// A PEM file of the certificates that clients' are verified with.
        package var clientCA: String?
        package var clientCertificate: ClientCertificate
        /// The time that a handshake may take.
        package var handshake: TimeAmount

        package init(
            certificates: [Identity], clientCA: String? = nil, clientCertificate: ClientCertificate = .none,
            handshake: TimeAmount = .seconds(10)
        ) {
            self.certificates = certificates
            self.clientCA = clientCA
            self.clientCertificate = clientCertificate
            self.handshake = handshake
        }
    }

    /// TLS towards clients.
    ///
    /// Files are read now: what is changed in them later needs new handlers. Session tickets end with the handlers too, so that
    /// a client's certificate is verified against the CA of the day.
    ///
    /// - Throws: `FlightProblem` naming the file that cannot be used.
    package static func server(_ settings: ServerSettings) throws -> ConnectionHandlers {
        var configuration: TLSConfiguration
        do throws(TLSFileProblem) {
            var identities: [TLSIdentity] = []
            for files in settings.certificates {
                identities.append(try TLSIdentity(certificate: files.certificate, key: files.key))
            }
            configuration = try show(identities, names: settings.certificates.map(\.names))
            try askForCertificate(settings, in: &configuration)
        } catch {
            throw FlightProblem(error)
        }
        let context = try context(configuration, towards: "clients")
        let handshake = settings.handshake
        return { onHandshake in
            let tls = NIOSSLServerHandler(context: context)
            let gate = TLSGate(timeout: handshake) {
                onHandshake(try verifiedCertificate(tls.peerCertificate))
            }
            return [tls, gate]
        }
    }

    /// TLS towards clients with one certificate, and without asking for theirs.
    ///
    /// - Parameters:
    ///   - certificate: a PEM file with the chain, the server's own first.
    ///   - key: a PEM file.
    ///   - handshake: the time that a handshake may take.
    ///
    /// - Throws: `FlightProblem` naming the file that cannot be used.
    package static func server(
        certificate: String, key: String, handshake: TimeAmount = .seconds(10)
    ) throws -> ServerHandlers {
        let handlers = try server(
            ServerSettings(certificates: [.init(certificate: certificate, key: key)], handshake: handshake))
        return { try handlers { _ in } }
    }

    private static func show(
        _ identities: [TLSIdentity], names: [[String]]
    ) throws(TLSFileProblem) -> TLSConfiguration {
        guard let first = identities.first else { throw .noCertificate }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: first.chain, privateKey: first.key)
        restrict(&configuration)
        if identities.count > 1 { configuration.sslContextCallback = choice(of: identities, names: names) }
        return configuration
    }

    /// Answers a client's hello with the certificate of the name that it asks for.
    private static func choice(of identities: [TLSIdentity], names: [[String]]) -> NIOSSLContextCallback {
        var table = ServerNames<TLSIdentity>()
        for (identity, names) in zip(identities, names) {
            for name in names.isEmpty ? identity.names : names { table.add(name, identity) }
        }
        let served = table
        return { hello, promise in
            var change = NIOSSLContextConfigurationOverride.noChanges
            if let identity = hello.serverHostname.flatMap({ served[$0] }) {
                change.certificateChain = identity.chain
                change.privateKey = identity.key
            }
            promise.succeed(change)
        }
    }

    private static func askForCertificate(
        _ settings: ServerSettings, in configuration: inout TLSConfiguration
    ) throws(TLSFileProblem) {
        switch settings.clientCertificate {
        case .none: return
        case .optional: configuration.certificateVerification = .optionalVerification
        // Clients have no name that one could expect.
        case .required: configuration.certificateVerification = .noHostnameVerification
        }
        // Without an own CA the system's would be trusted: anybody with a certificate of the web.
        guard let authority = settings.clientCA else { throw .noAuthority }
        configuration.trustRoots = .certificates(try TLSIdentity.certificates(in: authority, .authority))
        // Clients with several certificates choose one by these.
        configuration.sendCANameList = true
    }

    /// A resumed session carries a certificate that was verified when the session began, up to days ago.
    private static func verifiedCertificate(_ certificate: NIOSSLCertificate?) throws -> [UInt8]? {
        guard let certificate else { return nil }
        guard certificate.notValidAfter >= time(nil) else {
            throw FlightProblem("the client's certificate has expired")
        }
        return try certificate.toDERBytes()
    }
}
