import Crypto
import Foundation
import SwiftASN1
import X509

/// Certificates made for a test, in files of a folder that goes with this value.
final class TestCertificates {
    /// A certificate's file and that of its key.
    struct Files {
        let certificate: String
        let key: String
    }

    /// Who signs.
    struct Authority {
        let name: DistinguishedName
        let key: Certificate.PrivateKey
        let file: String
    }

    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "jetway-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    func makeAuthority(_ name: String) throws -> Authority {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let subject = try DistinguishedName { CommonName(name) }
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey,
            notValidBefore: .now - 3600, notValidAfter: .now + 3600, issuer: subject, subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true))
            },
            issuerPrivateKey: key)
        let file = try write(try certificate.serializeAsPEM().pemString, to: "\(name).pem")
        return Authority(name: subject, key: key, file: file)
    }

    /// - Parameters:
    ///   - names: hosts that it is for; the first is its name here.
    ///   - lifetime: from when to when it is valid, in seconds from now.
    func makeCertificate(
        _ names: [String], by authority: Authority, usage: ExtendedKeyUsage.Usage = .serverAuth,
        lifetime: ClosedRange<TimeInterval> = -3600...3600
    ) throws -> Files {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey,
            notValidBefore: .now + lifetime.lowerBound, notValidAfter: .now + lifetime.upperBound,
            issuer: authority.name, subject: try DistinguishedName { CommonName(names[0]) },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                try ExtendedKeyUsage([usage])
                SubjectAlternativeNames(names.map { .dnsName($0) })
            },
            issuerPrivateKey: authority.key)
        let stem = UUID().uuidString
        return Files(
            certificate: try write(try certificate.serializeAsPEM().pemString, to: "\(stem).pem"),
            key: try write(try key.serializeAsPEM().pemString, to: "\(stem).key"))
    }

    /// Writes a file that only its owner may read.
    func write(_ text: String, to name: String, mode: Int = 0o600) throws -> String {
        let path = folder.appending(path: name).path
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }
}
