import JetwayCore
import TestSupport
import Testing

@testable import JetwayAuth

@Suite struct TokenPayloadTests {
    private let payload = TokenPayload(
        id: Array(0..<12),
        principal: Principal(
            name: "alice", method: .basic, groups: ["a", "b"], tenant: "t", claims: ["c": ["1", "2"], "d": []]),
        loggedIn: UnixTime(seconds: 1), issued: UnixTime(seconds: 2), expires: UnixTime(seconds: 3),
        notAfter: UnixTime(seconds: 4))

    @Test("A payload reads as it was written, and the same payload is written the same")
    func roundTrip() throws {
        let bytes = try #require(payload.bytes(withClaims: true))
        #expect(TokenPayload(bytes) == payload)
        #expect(payload.bytes(withClaims: true) == bytes)
        var endless = payload
        endless.notAfter = nil
        endless.expires = UnixTime(seconds: .min)
        #expect(TokenPayload(try #require(endless.bytes(withClaims: true))) == endless)
    }

    @Test("A payload that is cut or longer is none")
    func cut() throws {
        let bytes = try #require(payload.bytes(withClaims: true))
        for count in 0..<bytes.count { #expect(TokenPayload(Array(bytes[..<count])) == nil) }
        #expect(TokenPayload(bytes + [0]) == nil)
    }

    @Test("Changed at random, a payload is read or refused, and never traps", arguments: [1, 2, 3] as [UInt64])
    func mutations(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let bytes = try #require(payload.bytes(withClaims: true))
        var refused = 0
        for _ in 0..<5000 {
            var changed = bytes
            for _ in 0...generator.below(3) {
                changed[generator.below(changed.count)] = UInt8(truncatingIfNeeded: generator.next())
            }
            if generator.chance(20) { changed.removeLast(generator.below(changed.count)) }
            guard let read = TokenPayload(changed) else {
                refused += 1
                continue
            }
            // What is read can be written.
            #expect(read.bytes(withClaims: true) != nil)
        }
        #expect(refused > 0)
    }
}
