internal import Crypto
internal import Foundation
internal import SwiftASN1
internal import X509

/// A certificate for this machine alone that nobody but its maker vouches for: for demonstrations and tests.
///
/// It is for `localhost`, 127.0.0.1 and ::1, and valid for a day. Clients have to be told to trust it.
package struct SelfMadeCertificate {
    /// How far clocks may differ, and how long it is valid.
    private static let tolerance: TimeInterval = 3600
    private static let lifetime: TimeInterval = 24 * 3600

    /// The certificate as PEM.
    package let certificate: String
    /// Its P-256 key as PEM.
    package let key: String

    package init() throws {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let name = try DistinguishedName { CommonName("localhost") }
        let now = Date()
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey,
            notValidBefore: now - Self.tolerance, notValidAfter: now + Self.lifetime, issuer: name, subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                // No key usage: BoringSSL takes a certificate for its own issuer only if that leaves signing open.
                Critical(BasicConstraints.notCertificateAuthority)
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames([
                    .dnsName("localhost"), .ipAddress(.init(contentBytes: [127, 0, 0, 1])),
                    .ipAddress(.init(contentBytes: ArraySlice(repeatElement(0, count: 15) + [1]))),
                ])
            },
            issuerPrivateKey: key)
        self.certificate = try certificate.serializeAsPEM().pemString
        self.key = try key.serializeAsPEM().pemString
    }
}
