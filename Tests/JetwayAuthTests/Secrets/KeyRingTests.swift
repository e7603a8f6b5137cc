import JetwayCore
import Testing

@testable import JetwayAuth

@Suite struct KeyRingTests {
    private let start = UnixTime(seconds: 1_800_000_000)
    private let day: Int64 = 86_400

    private func opens(_ sealed: [UInt8], _ ring: KeyRing) -> Bool {
        (try? SealedEnvelope.open(sealed, purpose: .token, with: ring)) == [7]
    }

    private func seal(_ ring: KeyRing) throws -> [UInt8] {
        try SealedEnvelope.seal([7], purpose: .token, with: ring)
    }

    @Test("After a rotation the old key opens, the new one signs, and older rings cannot open what it signed")
    func rotation() throws {
        let first = KeyRing.make(now: start)
        let second = first.rotated(now: start + day)
        #expect(second.keys.map(\.id) == ["k1", "k2"])
        #expect(second.keys.map(\.use) == [.open, .sign])
        #expect(opens(try seal(first), second))
        #expect(opens(try seal(second), second))
        #expect(!opens(try seal(second), first))
    }

    @Test("A prepared key opens before it signs, so that no replica meets what it cannot open")
    func preparation() throws {
        let first = KeyRing.make(now: start)
        let prepared = first.prepared(now: start + day)
        #expect(prepared.keys.map(\.use) == [.sign, .open])
        #expect(opens(try seal(prepared), first))
        let rotated = prepared.rotated(now: start + 2 * day)
        #expect(rotated.keys.map(\.id) == ["k1", "k2"])
        #expect(rotated.keys.map(\.use) == [.open, .sign])
        #expect(rotated.keys.last?.created == start + day)
        #expect(opens(try seal(rotated), prepared))
    }

    @Test("Old keys are dropped by their age, but never the one that signed until now")
    func dropping() throws {
        var ring = KeyRing.make(now: start)
        ring = ring.rotated(now: start + 10 * day)
        let sealed = try seal(ring)
        ring = ring.rotated(now: start + 50 * day, droppingOlderThan: start + 20 * day)
        #expect(ring.keys.map(\.id) == ["k2", "k3"])
        #expect(opens(sealed, ring))
        ring = ring.rotated(now: start + 60 * day, droppingOlderThan: start + 55 * day)
        #expect(ring.keys.map(\.id) == ["k3", "k4"])
        #expect(!opens(sealed, ring))
    }

    @Test("A ring's fingerprint changes with its keys and with which of them signs, and with nothing else")
    func fingerprints() throws {
        let first = KeyRing.make(now: start)
        let prepared = first.prepared(now: start)
        let rotated = prepared.rotated(now: start)
        let again = try KeyRing.read(Array(rotated.fileText.utf8), file: "keys.json")
        let all = [first, KeyRing.make(now: start), prepared, rotated, .ephemeral(), .ephemeral()].map(\.fingerprint)
        #expect(Set(all).count == all.count)
        #expect(all.allSatisfy { $0.utf8.count == 16 })
        #expect(again.fingerprint == rotated.fingerprint)
    }

    @Test("What an ephemeral ring sealed does not open after a restart")
    func ephemeral() throws {
        let ring = KeyRing.ephemeral()
        #expect(opens(try seal(ring), ring))
        #expect(!opens(try seal(ring), .ephemeral()))
    }
}
