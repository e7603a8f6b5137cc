import Crypto
import Foundation
import JetwayCore
import SwiftASN1
import X509

/// Makes client certificates of any content.
struct CertificateForge {
    static let now = UnixTime(seconds: 1_900_000_000)

    var alternatives: [GeneralName]? = [.uniformResourceIdentifier("spiffe://example.org/loader")]
    var usages: [ExtendedKeyUsage.Usage]? = [.clientAuth]
    var isAuthority = false
    var commonName = "root"
    var from: Int64 = -100
    var until: Int64 = 100

    init(change: (inout CertificateForge) -> Void = { _ in }) {
        change(&self)
    }

    /// The certificate in DER.
    func certificate() throws -> [UInt8] {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey,
            notValidBefore: Self.date(from), notValidAfter: Self.date(until),
            issuer: try DistinguishedName { CommonName("Test CA") },
            subject: try DistinguishedName { CommonName(commonName) },
            signatureAlgorithm: .ecdsaWithSHA256, extensions: try extensions(), issuerPrivateKey: key)
        return try certificate.serializeAsPEM().derBytes
    }

    private func extensions() throws -> Certificate.Extensions {
        var list: [Certificate.Extension] = []
        let constraints: BasicConstraints =
            isAuthority ? .isCertificateAuthority(maxPathLength: nil) : .notCertificateAuthority
        list.append(try Certificate.Extension(constraints, critical: true))
        if let usages { list.append(try Certificate.Extension(ExtendedKeyUsage(usages), critical: false)) }
        if let alternatives {
            list.append(try Certificate.Extension(SubjectAlternativeNames(alternatives), critical: false))
        }
        return try Certificate.Extensions(list)
    }

    private static func date(_ offset: Int64) -> Date {
        Date(timeIntervalSince1970: TimeInterval((now + offset).seconds))
    }
}
