import FlightProtocol
import Foundation
import JetwayCore
import Testing

@testable import JetwayAuth

@Suite struct KeyRingFileTests {
    private static let secret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

    private func key(
        id: String = "k1", secret: String = Self.secret, created: String = "2026-01-02T03:04:05Z", use: String = "sign"
    ) -> String {
        #"{"id": "\#(id)", "secret": "\#(secret)", "created": "\#(created)", "use": "\#(use)"}"#
    }

    private func problems(_ text: String) -> [String] {
        do {
            _ = try KeyRing.read(Array(text.utf8), file: "keys.json")
            return []
        } catch {
            return error.list.map { "\($0.pointer) \($0.problem)" }
        }
    }

    private func file(_ keys: [String]) -> String { #"{"version": 1, "keys": [\#(keys.joined(separator: ","))]}"# }

    @Test("A ring reads from its own text as the same ring")
    func roundTrip() throws {
        let ring = KeyRing.make(now: UnixTime(seconds: 1_800_000_000)).prepared(now: UnixTime(seconds: 1_800_000_001))
        let again = try KeyRing.read(Array(ring.fileText.utf8), file: "keys.json")
        #expect(again.fileText == ring.fileText)
        let sealed = try SealedEnvelope.seal([1], purpose: .handle, with: ring)
        #expect(try SealedEnvelope.open(sealed, purpose: .handle, with: again) == [1])
    }

    /// The envelope was made with Python's cryptography: HKDF-SHA256 and AES-GCM-SIV.
    @Test("Keys derive the same in every release: an envelope from a known ring opens")
    func knownAnswer() throws {
        let ring = try KeyRing.read(Array(file([key()]).utf8), file: "keys.json")
        #expect(ring.fingerprint == "8cc52d2c87079edf")
        let sealed = try #require(Base64.url.decode("AQICazF1bmlxdWUgbm9uY2XN7BRJ3PTpDb9wrbz-HiBduOKx3Og".utf8))
        #expect(try SealedEnvelope.open(sealed, purpose: .ticket, with: ring) == Array("known".utf8))
    }

    @Test("All that is wrong with a file is told at once, each with its place")
    func allAtOnce() {
        let text = file([
            key(id: "a b"), key(id: "k2", secret: "AAEC"), key(id: "k3", created: "yesterday"), key(use: "both"),
        ])
        #expect(
            problems(text) == [
                "/keys/0/id must be 1 to 16 of A-Z, a-z, 0-9, _ and -",
                "/keys/1/secret must be 32 bytes in base64url without padding",
                "/keys/2/created must be a time such as 2026-12-31T23:59:59Z",
                #"/keys/3/use must be one of "sign", "open""#,
            ])
    }

    @Test("One key signs, ids are unique, and there are at most 16 keys")
    func shape() {
        let open = (1...15).map { key(id: "k\($0)", use: "open") }
        #expect(problems(file(open + [key(id: "k16")])) == [])
        #expect(problems(file(open)) == [#"/keys must have exactly one key with "use": "sign""#])
        #expect(
            problems(file([key(), key(id: "k2")])) == [#"/keys must have exactly one key with "use": "sign""#])
        #expect(problems(file([key(), key(use: "open")])) == ["/keys has two keys with the same id"])
        #expect(
            problems(file(open + [key(id: "k16"), key(id: "k17", use: "open")])) == ["/keys has more than 16 keys"])
        #expect(problems(file([])) == ["/keys must not be empty"])
        #expect(problems(#"{"version": 2, "keys": [\#(key())]}"#) == ["/version must be from 1 to 1"])
        #expect(problems(#"{"version": 1, "keys": [\#(key())], "kyes": []}"#) == ["/kyes unknown key"])
    }

    @Test("No problem tells anything of a secret", arguments: ["AAEC", "hunter2hunter2", "\(secret)=", "\(secret)A"])
    func noSecrets(text: String) {
        do {
            _ = try KeyRing.read(Array(file([key(secret: text)]).utf8), file: "keys.json")
            Issue.record("it was read")
        } catch {
            #expect(!error.description.contains(text))
        }
    }

    @Test(
        "A file that others may read is refused, with what to do about it",
        arguments: [
            (0o600, true), (0o400, true), (0o640, true), (0o440, true), (0o660, false), (0o644, false), (0o604, false),
        ])
    func modes(mode: Int, isAccepted: Bool) throws {
        let path = NSTemporaryDirectory() + "jetway-keys-\(UUID().uuidString).json"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try SecretFile.create(path, Array(file([key()]).utf8))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        // A group may read only what root owns.
        let isRoot = getuid() == 0
        let isExpected = isAccepted && (isRoot || mode & 0o040 == 0)
        do {
            _ = try KeyRing.load(file: path)
            #expect(isExpected)
        } catch {
            #expect(!isExpected)
            #expect(error.list.first?.hint?.contains("chmod 600") == true)
        }
    }
}
