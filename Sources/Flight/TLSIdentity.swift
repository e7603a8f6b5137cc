internal import NIOSSL

/// A certificate with its chain and key, as it is shown to peers.
struct TLSIdentity: Sendable {
    let leaf: NIOSSLCertificate
    let chain: [NIOSSLCertificateSource]
    let key: NIOSSLPrivateKeySource

    /// - Parameters:
    ///   - certificate: a PEM file with the chain, the own certificate first.
    ///   - key: a PEM file.
    init(certificate: String, key: String) throws(TLSFileProblem) {
        let chain = try Self.certificates(in: certificate, .certificate)
        try self.init(chain, of: certificate, key: try Self.privateKey(in: key), of: key)
    }

    /// None of both files is no identity.
    init?(certificate: String?, key: String?) throws(TLSFileProblem) {
        switch (certificate, key) {
        case (let certificate?, let key?): try self.init(certificate: certificate, key: key)
        case (let file?, nil): throw TLSFileProblem(.certificate, file, "its key is missing")
        case (nil, let file?): throw TLSFileProblem(.key, file, "its certificate is missing")
        case (nil, nil): return nil
        }
    }

    init(
        _ chain: [NIOSSLCertificate], of file: String, key: NIOSSLPrivateKey, of keyFile: String
    ) throws(TLSFileProblem) {
        guard let leaf = chain.first else { throw Self.empty(.certificate, file) }
        self.leaf = leaf
        self.chain = chain.map { .certificate($0) }
        self.key = .privateKey(key)
        do {
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: self.chain, privateKey: self.key)
            FlightTLS.restrict(&configuration)
            _ = try NIOSSLContext(configuration: configuration)
        } catch {
            throw TLSFileProblem(.key, keyFile, "it does not belong to the certificate \(file)")
        }
    }

    /// The certificates of a PEM file, at least one.
    static func certificates(
        in file: String, _ role: TLSFileProblem.Role
    ) throws(TLSFileProblem) -> [NIOSSLCertificate] {
        let chain = try TLSFileProblem.reading(role, file) { try NIOSSLCertificate.fromPEMFile($0) }
        guard !chain.isEmpty else { throw empty(role, file) }
        return chain
    }

    static func privateKey(in file: String) throws(TLSFileProblem) -> NIOSSLPrivateKey {
        try TLSFileProblem.reading(.key, file) { try NIOSSLPrivateKey(file: $0, format: .pem) }
    }

    private static func empty(_ role: TLSFileProblem.Role, _ file: String) -> TLSFileProblem {
        TLSFileProblem(role, file, "there is no certificate in it")
    }

    /// The names of hosts that the certificate is for.
    var names: [String] {
        leaf._subjectAlternativeNames().compactMap { name in
            name.nameType == .dnsName ? String(decoding: name.contents, as: UTF8.self) : nil
        }
    }
}
