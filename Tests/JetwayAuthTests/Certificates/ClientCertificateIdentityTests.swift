import Crypto
import JetwayAuth
import JetwayCore
import TestSupport
import Testing
import X509

@Suite struct ClientCertificateIdentityTests {
    private func read(
        _ kind: ClientCertificateIdentity.Kind = .uri, at offset: Int64 = 0,
        change: (inout CertificateForge) -> Void = { _ in }
    ) throws -> Result<ClientCertificateIdentity, CertificateProblem> {
        let certificate = try CertificateForge(change: change).certificate()
        return Result { () throws(CertificateProblem) in
            try ClientCertificateIdentity(certificate: certificate, kind: kind, now: CertificateForge.now + offset)
        }
    }

    private func problem(
        _ kind: ClientCertificateIdentity.Kind = .uri, at offset: Int64 = 0,
        change: (inout CertificateForge) -> Void = { _ in }
    ) throws -> CertificateProblem? {
        if case .failure(let problem) = try read(kind, at: offset, change: change) { problem } else { nil }
    }

    @Test("A caller is the one alternative name of the configured kind, not the common name")
    func identity() throws {
        let certificate = try CertificateForge().certificate()
        let identity = try ClientCertificateIdentity(
            certificate: certificate, kind: .uri, tenant: "acme", now: CertificateForge.now)
        #expect(identity.principal.subject == "clientCertificate:spiffe://example.org/loader")
        #expect(identity.principal.tenant == "acme")
        #expect(identity.expires == CertificateForge.now + 100)
        #expect(identity.principal.claims["san.uri"] == ["spiffe://example.org/loader"])
        #expect(identity.principal.claims["issuer"] == ["CN=Test CA"])
        let fingerprint = try #require(identity.principal.claims["fingerprint"]?.first)
        #expect(hexBytes(fingerprint) == Array(SHA256.hash(data: certificate)))
    }

    @Test(
        "Each kind of name is looked for alone",
        arguments: [
            (.uri, "urn:a"), (.dns, "a.example.org"), (.email, "a@example.org"),
        ] as [(ClientCertificateIdentity.Kind, String)])
    func kinds(_ kind: ClientCertificateIdentity.Kind, _ name: String) throws {
        let identity = try read(kind) {
            $0.alternatives = [
                .uniformResourceIdentifier("urn:a"), .dnsName("a.example.org"), .rfc822Name("a@example.org"),
            ]
        }.get()
        #expect(identity.principal.subject == "clientCertificate:\(name)")
    }

    @Test("Without a name of the kind, or with two, a certificate is nobody's")
    func names() throws {
        #expect(try problem { $0.alternatives = nil } == .names(kind: .uri, count: 0))
        #expect(try problem(.dns) == .names(kind: .dns, count: 0))
        let two: [GeneralName] = [.dnsName("a.example.org"), .dnsName("b.example.org")]
        #expect(try problem(.dns) { $0.alternatives = two } == .names(kind: .dns, count: 2))
        #expect(try problem(.dns) { $0.alternatives = [two[0], two[0]] } == .names(kind: .dns, count: 2))
    }

    @Test("Only certificates that are meant for clients count")
    func use() throws {
        #expect(try problem { $0.usages = nil } == .notForClients)
        #expect(try problem { $0.usages = [.serverAuth] } == .notForClients)
        #expect(try problem { $0.usages = [.any] } == .notForClients)
        #expect(try problem { $0.usages = [.serverAuth, .clientAuth] } == nil)
        #expect(try problem { $0.isAuthority = true } == .isAuthority)
    }

    @Test("The time counts at each look, to the last second of it")
    func time() throws {
        #expect(try problem(at: -101) == .notYetValid)
        #expect(try problem(at: -100) == nil)
        #expect(try problem(at: 100) == nil)
        #expect(try problem(at: 101) == .expired)
    }

    @Test(
        "A name that may read as another is none",
        arguments: ["", "admin\0.example.org", "a b", "a\n", "a\u{7F}", String(repeating: "x", count: 1025)])
    func badNames(_ name: String) throws {
        #expect(try problem(.dns) { $0.alternatives = [.dnsName(name)] } == .badName)
    }

    @Test("Damaged certificates are refused, and trap nothing", arguments: [60 as UInt64])
    func damaged(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let certificate = try CertificateForge().certificate()
        for _ in 0..<2000 {
            var bytes = certificate
            for _ in 0...random.below(2) { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
            if random.chance(10) { bytes.removeLast(random.below(bytes.count)) }
            _ = try? ClientCertificateIdentity(certificate: bytes, kind: .uri, now: CertificateForge.now)
        }
        #expect(throws: CertificateProblem.malformed) {
            try ClientCertificateIdentity(certificate: [], kind: .uri, now: CertificateForge.now)
        }
    }
}
