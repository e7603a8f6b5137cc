import FlightProtocol
import JetwayCore
import TestSupport
import Testing

@testable import JetwayAuth

@Suite struct TokenMintTests {
    private let now = UnixTime(seconds: 1_800_000_000)
    private let ring = KeyRing.make(now: UnixTime(seconds: 1_700_000_000))
    private let alice = Principal(
        name: "alice", method: .jwt, source: "corp", groups: ["analysts", "Ärzte", ""], tenant: "acme",
        claims: ["org.team": ["a", "b"], "empty": []])

    private var mint: TokenMint { TokenMint(ring: ring) }

    private func opened(_ text: String, _ mint: TokenMint? = nil, at time: UnixTime? = nil) -> VerifiedToken? {
        if case .valid(let token) = (mint ?? self.mint).verify(text, now: time ?? now) { token } else { nil }
    }

    private func reason(_ text: String, _ mint: TokenMint? = nil, at time: UnixTime? = nil) -> String? {
        if case .invalid(let reason) = (mint ?? self.mint).verify(text, now: time ?? now) { reason } else { nil }
    }

    // MARK: What a token says

    @Test("A token brings back the principal as it was, for 12 hours")
    func roundTrip() throws {
        let made = try #require(mint.mint(alice, now: now))
        let token = try #require(opened(made.text))
        #expect(token.principal == alice)
        #expect(token.principal.subject == "jwt:corp:alice")
        #expect((token.issued, token.loggedIn, token.expires) == (now, now, now + 43_200))
        #expect((made.expires, made.lacksClaims) == (token.expires, false))
        #expect(token.notAfter == nil)
        #expect(token.id.utf8.count == 24)
    }

    @Test("Every method and an almost empty principal survive", arguments: Principal.Method.allCases)
    func methods(method: Principal.Method) throws {
        let principal = Principal(name: "", method: method)
        let made = try #require(mint.mint(principal, now: now))
        #expect(opened(made.text)?.principal == principal)
    }

    @Test("A token can be sent in a header field, and what is in it cannot be read")
    func text() throws {
        let made = try #require(mint.mint(alice, now: now))
        #expect(made.text.hasPrefix("jwy_"))
        #expect(made.text.utf8.allSatisfy { KeyRing.isIDByte($0) })
        let bytes = try #require(Base64.url.decode(made.text.utf8.dropFirst(4)))
        #expect(!String(decoding: bytes, as: UTF8.self).contains("alice"))
        #expect(mint.mint(alice, now: now)?.text != made.text)
    }

    @Test("Tokens of others are left to others")
    func recognition() {
        #expect(mint.recognises("jwy_"))
        for text in ["", "jwy", "JWY_AAAA", "eyJhbGciOiJFUzI1NiJ9.e30.AA", "jak_a_b"] {
            #expect(!mint.recognises(text))
            #expect(reason(text) == "the token is forged or damaged")
        }
    }

    // MARK: Times

    @Test("A token is good until the second it expires in, and not before it was made")
    func times() throws {
        let made = try #require(TokenMint(ring: ring, lifetime: .seconds(90)).mint(alice, now: now))
        let expected: [(Int64, String?)] = [
            (-61, "the token is from the future"), (-60, nil), (0, nil), (89, nil), (90, "the token has expired"),
            (1_000_000, "the token has expired"), (.max, "the token has expired"),
            (.min, "the token is from the future"),
        ]
        for (seconds, expected) in expected { #expect(reason(made.text, at: now + seconds) == expected) }
    }

    @Test("A token is due for renewal in the last third of its life")
    func renewalTime() throws {
        let made = try #require(TokenMint(ring: ring, lifetime: .seconds(90)).mint(alice, now: now))
        for (seconds, isDue) in [(0, false), (59, false), (60, true), (89, true)] as [(Int64, Bool)] {
            #expect(opened(made.text, at: now + seconds)?.isDueForRenewal == isDue)
        }
    }

    @Test("A renewed token keeps its id and the time of the login")
    func renewal() throws {
        let mint = TokenMint(ring: ring, lifetime: .seconds(90))
        let made = try #require(mint.mint(alice, now: now))
        let first = try #require(opened(made.text, mint, at: now + 80))
        let renewed = try #require(mint.renew(first, now: now + 80))
        let second = try #require(opened(renewed.text, at: now + 100))
        #expect((second.id, second.loggedIn, second.principal) == (first.id, now, alice))
        #expect((second.issued, second.expires) == (now + 80, now + 170))
    }

    @Test("No token outlives the credential of its login, however often it is renewed")
    func notAfter() throws {
        let mint = TokenMint(ring: ring, lifetime: .seconds(90))
        let first = try #require(mint.mint(alice, now: now, notAfter: now + 100))
        #expect(first.expires == now + 90)
        let due = try #require(opened(first.text, at: now + 80))
        #expect(due.isDueForRenewal)
        let renewed = try #require(mint.renew(due, now: now + 80))
        #expect(renewed.expires == now + 100)
        // Another one would live no longer.
        #expect(opened(renewed.text, at: now + 99)?.isDueForRenewal == false)
        #expect(reason(renewed.text, at: now + 100) == "the token has expired")
        let late = try #require(mint.mint(alice, now: now, notAfter: now + -1))
        #expect(reason(late.text) == "the token has expired")
    }

    // MARK: Keys

    @Test("A token outlives a rotation of the keys, but not the loss of its key")
    func rotation() throws {
        let made = try #require(mint.mint(alice, now: now))
        let rotated = ring.rotated(now: now)
        #expect(opened(made.text, TokenMint(ring: rotated)) != nil)
        let dropped = rotated.rotated(now: now + 1, droppingOlderThan: now + 1)
        #expect(
            reason(made.text, TokenMint(ring: dropped))
                == "the token is sealed with a key that is not known, or no longer")
    }

    @Test("An envelope with another purpose is no token")
    func purpose() throws {
        let made = try #require(mint.mint(alice, now: now))
        let bytes = try #require(Base64.url.decode(made.text.utf8.dropFirst(4)))
        let content = try SealedEnvelope.open(bytes, purpose: .token, with: ring)
        for purpose in EnvelopePurpose.allCases where purpose != .token {
            let sealed = try SealedEnvelope.seal(content, purpose: purpose, with: ring)
            #expect(reason("jwy_" + Base64.url.encode(sealed)) == "the token is made for another purpose")
        }
    }

    @Test("A token with any one character changed, left out or added is refused")
    func forgeries() throws {
        let text = try #require(mint.mint(alice, now: now)).text
        let characters = Array(text)
        for place in characters.indices.dropFirst(4) {
            var changed = characters
            changed[place] = characters[place] == "A" ? "B" : "A"
            #expect(reason(String(changed)) != nil, "\(place)")
            changed.remove(at: place)
            #expect(reason(String(changed)) != nil, "\(place)")
        }
        for text in [text + "=", text + "A", text + "\n", " " + text, text + "é", text + text] {
            #expect(reason(text) != nil)
        }
        #expect(reason("jwy_" + String(repeating: "A", count: 100_000)) == "the token is too large")
    }

    // MARK: Size

    @Test("Claims that are too many are left out, and that is said; groups never are")
    func size() throws {
        var many = (0..<200).map { "group-\($0)-of-many" }
        let claims = ["text": [String(repeating: "x", count: 5000)]]
        var principal = Principal(name: "a", method: .jwt, source: "corp", groups: many, claims: claims)
        let made = try #require(mint.mint(principal, now: now))
        #expect(made.lacksClaims)
        #expect(made.text.utf8.count <= TokenMint.longestToken)
        #expect(opened(made.text)?.principal.groups == many)
        #expect(opened(made.text)?.principal.claims == [:])
        many += many
        principal = Principal(name: "a", method: .jwt, source: "corp", groups: many)
        #expect(mint.mint(principal, now: now) == nil)
        let long = Principal(name: String(repeating: "x", count: 70_000), method: .basic)
        #expect(mint.mint(long, now: now) == nil)
    }
}
