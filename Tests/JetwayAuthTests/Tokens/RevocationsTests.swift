import JetwayCore
import Testing

@testable import JetwayAuth

@Suite struct RevocationsTests {
    private let now = UnixTime(seconds: 1_800_000_000)
    private let ring = KeyRing.make(now: UnixTime(seconds: 1_700_000_000))

    private func revocations(_ text: String) throws -> Revocations {
        try Revocations.read(Array(text.utf8), file: "revoked.txt")
    }

    private func isRevoked(_ token: MintedToken?, by text: String, at time: UnixTime) throws -> Bool {
        let mint = TokenMint(ring: ring, revocations: try revocations(text))
        switch mint.verify(try #require(token).text, now: time) {
        case .valid: return false
        case .invalid(let reason):
            #expect(reason == "the token was revoked")
            return true
        }
    }

    @Test("A token is revoked by its id, and with it what it was renewed to, and no other")
    func ids() throws {
        let mint = TokenMint(ring: ring)
        let alice = Principal(name: "alice", method: .basic)
        let first = try #require(mint.mint(alice, now: now))
        let token = try mint.open(first.text)
        let renewed = mint.renew(token, now: now + 10)
        for text in [token.id, "# comment\n\n  \(token.id.uppercased())\r\n"] {
            #expect(try isRevoked(first, by: text, at: now))
            #expect(try isRevoked(renewed, by: text, at: now + 10))
            #expect(try !isRevoked(mint.mint(alice, now: now), by: text, at: now))
        }
    }

    @Test("A subject's logins before a time are revoked, renewed or not, and no later ones and nobody else's")
    func subjects() throws {
        let mint = TokenMint(ring: ring)
        let before = mint.mint(Principal(name: "alice b", method: .basic), now: now)
        let renewed = mint.renew(try mint.open(try #require(before).text), now: now + 100)
        let after = mint.mint(Principal(name: "alice b", method: .basic), now: now + 50)
        let other = mint.mint(Principal(name: "alice b", method: .jwt, source: "corp"), now: now)
        for text in [
            "subject:basic:alice b before:\(now.seconds + 50)", "subject:basic:alice b before:\((now + 50).rfc3339)",
            "subject:basic:alice b before:\(now.seconds + 50)\nsubject:basic:alice b before:5",
        ] {
            #expect(try isRevoked(before, by: text, at: now + 100))
            #expect(try isRevoked(renewed, by: text, at: now + 100))
            #expect(try !isRevoked(after, by: text, at: now + 100))
            #expect(try !isRevoked(other, by: text, at: now + 100))
        }
    }

    @Test("Every bad line is told with its number")
    func problems() {
        let text = """
            00112233445566778899aabb
            0011
            subject:basic:alice
            subject:basic:alice before:tomorrow
            # subject
            subject:alice before:5
            subject: before:5
            nonsense
            """
        do {
            _ = try revocations(text)
            Issue.record("it was read")
        } catch let error as ConfigurationProblems {
            #expect(error.list.map(\.line) == [2, 3, 4, 6, 7, 8])
            #expect(error.list.first?.description.hasPrefix("revoked.txt:2: is neither a token's id") == true)
        } catch {
            Issue.record(error)
        }
    }

    @Test("A file that is not text is told so")
    func bytes() {
        #expect(throws: ConfigurationProblems.self) { try Revocations.read([0xff, 0xfe], file: "x") }
        #expect(throws: ConfigurationProblems.self) { try Revocations.load(file: "/nowhere/revoked.txt") }
    }
}
