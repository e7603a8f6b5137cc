import JetwayCore
import TestSupport
import Testing

@testable import JetwayAuth

@Suite struct SealedEnvelopeTests {
    private let ring = KeyRing.make(now: UnixTime(seconds: 1000))

    private func problem(
        _ bytes: [UInt8], _ purpose: EnvelopePurpose = .ticket, _ ring: KeyRing? = nil
    ) -> EnvelopeProblem? {
        do {
            _ = try SealedEnvelope.open(bytes, purpose: purpose, with: ring ?? self.ring)
            return nil
        } catch {
            return error
        }
    }

    @Test("What was sealed opens to the same bytes, whatever its size", arguments: [0, 1, 15, 16, 1000, 64 << 10])
    func roundTrip(size: Int) throws {
        let content = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
        for purpose in EnvelopePurpose.allCases {
            let sealed = try SealedEnvelope.seal(content, purpose: purpose, with: ring)
            #expect(sealed.count == size + 3 + 2 + 12 + 16)
            #expect(try SealedEnvelope.open(sealed, purpose: purpose, with: ring) == content)
        }
    }

    @Test("The same content never looks the same, and cannot be read in the envelope")
    func nonces() throws {
        let content = Array("sales/2024/secret".utf8)
        let sealed = try (0..<100).map { _ in try SealedEnvelope.seal(content, purpose: .ticket, with: ring) }
        #expect(Set(sealed).count == 100)
        #expect(sealed.allSatisfy { bytes in !bytes.indices.contains { bytes[$0...].starts(with: content) } })
    }

    @Test("An envelope opens for its own purpose alone")
    func purposes() throws {
        for made in EnvelopePurpose.allCases {
            let sealed = try SealedEnvelope.seal([1, 2, 3], purpose: made, with: ring)
            for asked in EnvelopePurpose.allCases where asked != made {
                #expect(problem(sealed, asked) == .otherPurpose)
                // Also if its purpose is written over.
                var relabelled = sealed
                relabelled[1] = asked.rawValue
                #expect(problem(relabelled, asked) == .forged)
            }
        }
    }

    @Test("Another ring's envelope does not open, whether its key is unknown or of the same name")
    func otherKeys() throws {
        let other = KeyRing.make(now: UnixTime(seconds: 1000))
        let sealed = try SealedEnvelope.seal([1, 2, 3], purpose: .ticket, with: other)
        #expect(problem(sealed) == .forged)
        #expect(problem(try SealedEnvelope.seal([1], purpose: .ticket, with: .ephemeral())) == .unknownKey)
        #expect(problem(sealed, .ticket, .ephemeral()) == .unknownKey)
    }

    @Test("A cut envelope does not open, wherever it is cut, nor a longer one")
    func cut() throws {
        let sealed = try SealedEnvelope.seal([1, 2, 3], purpose: .ticket, with: ring)
        for count in 0..<sealed.count { #expect(problem(Array(sealed[..<count])) != nil) }
        #expect(problem(Array(sealed[..<10])) == .cut)
        #expect(problem(sealed + [0]) == .forged)
    }

    @Test("An envelope with any one bit changed does not open")
    func bits() throws {
        let sealed = try SealedEnvelope.seal(Array("content".utf8), purpose: .ticket, with: ring)
        for bit in 0..<sealed.count * 8 {
            var changed = sealed
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(problem(changed) != nil, "bit \(bit)")
        }
    }

    @Test("Changed at random, an envelope never opens and never traps", arguments: [1, 2, 3] as [UInt64])
    func mutations(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let sealed = try SealedEnvelope.seal(Array("content".utf8), purpose: .ticket, with: ring)
        for _ in 0..<2000 {
            var changed = sealed
            for _ in 0...generator.below(4) {
                switch generator.below(3) {
                case 0 where !changed.isEmpty: changed.remove(at: generator.below(changed.count))
                case 1:
                    changed.insert(
                        UInt8(truncatingIfNeeded: generator.next()), at: generator.below(changed.count + 1))
                case _ where !changed.isEmpty:
                    changed[generator.below(changed.count)] = UInt8(truncatingIfNeeded: generator.next())
                default: break
                }
            }
            #expect(changed == sealed || problem(changed) != nil, "\(changed)")
        }
    }

    @Test("Too much is neither sealed nor opened")
    func sizes() throws {
        let content = [UInt8](repeating: 0, count: (64 << 10) + 1)
        #expect(throws: EnvelopeProblem.tooLarge) {
            try SealedEnvelope.seal(content, purpose: .ticket, with: ring)
        }
        #expect(problem([UInt8](repeating: 1, count: 70_000)) == .tooLarge)
    }

    @Test("Another version is told apart from a forgery")
    func version() throws {
        var sealed = try SealedEnvelope.seal([1], purpose: .ticket, with: ring)
        sealed[0] = 2
        #expect(problem(sealed) == .unknownVersion)
    }
}
