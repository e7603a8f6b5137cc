internal import Crypto
internal import Foundation
package import JetwayCore
internal import SwiftASN1
internal import X509

/// Why a client certificate is nobody's.
package enum CertificateProblem: Error, Sendable, Hashable, CustomStringConvertible {
    case malformed
    case notYetValid
    case expired
    case isAuthority
    case notForClients
    case names(kind: ClientCertificateIdentity.Kind, count: Int)
    case badName

    /// For the log.
    package var description: String {
        switch self {
        case .malformed: "the certificate cannot be read"
        case .notYetValid: "the certificate is not yet valid"
        case .expired: "the certificate has expired"
        case .isAuthority: "the certificate is that of an authority"
        case .notForClients: "the certificate's extended key usage does not have clientAuth"
        case .names(let kind, let count): "the certificate has \(count) names of the kind san.\(kind.rawValue), not one"
        case .badName: "the certificate's name is empty, too long or not printable ASCII"
        }
    }
}

/// Who a client certificate is for: its one alternative name of a kind that is configured, never its common name.
///
/// TLS has verified the chain by then. What is checked here is what TLS libraries leave to the application, and the
/// time again, because connections outlive certificates and sessions are resumed without a look at them.
package struct ClientCertificateIdentity: Sendable {
    /// The kind of subject alternative name (RFC 5280 section 4.2.1.6) that is the caller's.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case uri
        case dns
        case email
    }

    private static let maxNameBytes = 1024

    package let principal: Principal
    package let expires: UnixTime

    /// - Parameters:
    ///   - certificate: the client's own, in DER.
    ///   - kind: of the name; there must be exactly one.
    ///   - source: the method's name, where there are several.
    ///   - source: tells apart several methods of this kind.
    ///   - tenant: of all callers with a certificate.
    package init(
        certificate bytes: [UInt8], kind: Kind, source: String? = nil, tenant: String? = nil, now: UnixTime
    ) throws(CertificateProblem) {
        guard let certificate = try? Certificate(derEncoded: bytes) else { throw .malformed }
        try Self.checkUse(certificate.extensions)
        let (from, until) = (Self.time(certificate.notValidBefore), Self.time(certificate.notValidAfter))
        guard now >= from else { throw .notYetValid }
        // RFC 5280 section 4.1.2.5: the last second is part of it.
        guard now <= until else { throw .expired }
        let names = try Self.names(certificate.extensions, kind: kind)
        guard let name = names.first, names.count == 1 else { throw .names(kind: kind, count: names.count) }
        // What is not printable reads as something else: in a log, to a program that stops at NUL (CVE-2026-47778), or
        // to one that compares by Unicode.
        guard (1...Self.maxNameBytes).contains(name.utf8.count), name.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw .badName
        }
        let fingerprint = SHA256.hash(data: bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        principal = Principal(
            name: name, method: .clientCertificate, source: source, tenant: tenant,
            claims: [
                "san.\(kind.rawValue)": [name], "issuer": [certificate.issuer.description],
                "fingerprint": [fingerprint],
            ])
        expires = until
    }

    private static func checkUse(_ extensions: Certificate.Extensions) throws(CertificateProblem) {
        let constraints: BasicConstraints?
        let usage: ExtendedKeyUsage?
        do {
            constraints = try extensions.basicConstraints
            usage = try extensions.extendedKeyUsage
        } catch {
            throw .malformed
        }
        if case .isCertificateAuthority = constraints { throw .isAuthority }
        // A usage that is not there would allow all; then a web server's certificate would be a caller's, too.
        guard let usage, usage.contains(.clientAuth) else { throw .notForClients }
    }

    private static func names(_ extensions: Certificate.Extensions, kind: Kind) throws(CertificateProblem) -> [String] {
        let names: SubjectAlternativeNames?
        do {
            names = try extensions.subjectAlternativeNames
        } catch {
            throw .malformed
        }
        return (names ?? SubjectAlternativeNames()).compactMap { name in
            switch (name, kind) {
            case (.uniformResourceIdentifier(let text), .uri), (.dnsName(let text), .dns),
                (.rfc822Name(let text), .email):
                text
            default: nil
            }
        }
    }

    /// RFC 5280 gives times from 1950 to 9999; what is outside of what can be counted is cut off.
    private static func time(_ date: Date) -> UnixTime {
        UnixTime(seconds: Int64(min(max(date.timeIntervalSince1970, -1e12), 1e12)))
    }
}
