import Foundation
import Testing

@testable import Flight

@Suite struct TLSFileProblemTests {
    private let files: TestCertificates
    private let authority: TestCertificates.Authority

    init() throws {
        files = try TestCertificates()
        authority = try files.makeAuthority("authority")
    }

    private func problems(_ identities: TestCertificates.Files...) -> [TLSFileProblem] {
        FlightTLS.problems(
            with: .init(certificates: identities.map { .init(certificate: $0.certificate, key: $0.key) }))
    }

    @Test("Files that are right have no problem")
    func right() throws {
        #expect(problems(try files.makeCertificate(["localhost"], by: authority)).isEmpty)
    }

    @Test("Everything that is wrong is said at once")
    func all() throws {
        let one = try files.makeCertificate(["localhost"], by: authority)
        let other = try files.makeCertificate(["localhost"], by: authority, lifetime: -7200 ... -3600)
        let junk = try files.write("junk", to: "junk.pem")
        let found = FlightTLS.problems(
            with: .init(
                certificates: [
                    .init(certificate: "/missing.pem", key: "/missing.key"), .init(certificate: junk, key: junk),
                    .init(certificate: one.certificate, key: other.key),
                    .init(certificate: other.certificate, key: other.key),
                ], clientCA: junk, clientCertificate: .optional))
        let missing = "No such file or directory"
        #expect(found.count == 7)
        #expect(
            found.prefix(4) == [
                TLSFileProblem(.certificate, "/missing.pem", missing), TLSFileProblem(.key, "/missing.key", missing),
                TLSFileProblem(.certificate, junk, "it is not a PEM file with a certificate"),
                TLSFileProblem(.key, junk, "it is not a PEM file with a private key"),
            ])
        #expect(found[4] == TLSFileProblem(.key, other.key, "it does not belong to the certificate \(one.certificate)"))
        #expect(found[5].path == other.certificate && found[5].problem.hasPrefix("it expired on 20"))
        #expect(found[6] == TLSFileProblem(.authority, junk, "it is not a PEM file with a certificate"))
    }

    @Test("A certificate whose time has not come is a problem")
    func notYet() throws {
        let found = problems(try files.makeCertificate(["localhost"], by: authority, lifetime: 3600...7200))
        #expect(found.count == 1)
        #expect(found.first?.problem.hasPrefix("it is not valid before 20") == true)
        #expect(found.first?.isWarning == false)
    }

    @Test("A key that everybody may read is warned of", arguments: [0o604, 0o644, 0o602])
    func exposed(mode: Int) throws {
        let identity = try files.makeCertificate(["localhost"], by: authority)
        let text = try String(contentsOfFile: identity.key, encoding: .utf8)
        let key = try files.write(text, to: "exposed.key", mode: mode)
        let found = problems(.init(certificate: identity.certificate, key: key))
        #expect(found.map(\.path) == [key])
        #expect(found.map(\.isWarning) == [true])
    }

    @Test("A key that its owner's group may read is not", arguments: [0o600, 0o640, 0o400])
    func group(mode: Int) throws {
        let identity = try files.makeCertificate(["localhost"], by: authority)
        let text = try String(contentsOfFile: identity.key, encoding: .utf8)
        let key = try files.write(text, to: "group.key", mode: mode)
        #expect(problems(.init(certificate: identity.certificate, key: key)).isEmpty)
    }

    @Test("A client needs both its certificate and its key, or none")
    func half() throws {
        let own = try files.makeCertificate(["client"], by: authority)
        #expect(throws: FlightProblem("certificate \(own.certificate): its key is missing")) {
            try FlightTLS.client(authority: nil, insecure: true, certificate: own.certificate)
        }
        #expect(throws: FlightProblem("key \(own.key): its certificate is missing")) {
            try FlightTLS.client(authority: nil, insecure: true, key: own.key)
        }
    }
}
