import JetwayCore
import Testing

@testable import JetwayAuth

@Suite("The order of authentication methods")
struct AuthenticatorTests {
    /// Knows bearer tokens with a prefix.
    private struct Prefixed: AuthenticationMethod {
        let prefix: String
        let accepts: Bool

        var kind: Principal.Method { .apiKey }

        func verdictAtOnce(_ attempt: LoginAttempt) -> LoginVerdict? {
            guard case .bearer(let text) = attempt.credential, text.hasPrefix(prefix) else { return .notMine }
            return accepts
                ? .accepted(AcceptedLogin(principal: Principal(name: prefix, method: .apiKey)))
                : .refused(reason: "no \(prefix)")
        }
    }

    /// Lets nobody in, and knows or does not know who was let in before.
    private struct Remembering: AuthenticationMethod {
        let known: Bool?
        var source: String?

        var kind: Principal.Method { .basic }

        func verdictAtOnce(_ attempt: LoginAttempt) -> LoginVerdict? { .notMine }
        func stillKnows(_ principal: Principal) -> Bool? { known }
    }

    private let now = UnixTime(seconds: 1_000_000)

    private func authenticator(_ methods: [any AuthenticationMethod]) -> Authenticator {
        Authenticator(
            methods: methods, fields: CredentialFields(tokenFields: ["authorization"], keyFields: []),
            tokens: TokenMint(ring: .ephemeral(), lifetime: .seconds(900)))
    }

    private func subject(_ verdict: LoginVerdict) -> String? {
        if case .accepted(let login) = verdict { login.principal.subject } else { nil }
    }

    private func reason(_ verdict: LoginVerdict) -> String? {
        if case .refused(let reason) = verdict { reason } else { nil }
    }

    @Test("the first that knows the credential decides, also against it")
    func firstDecides() async {
        let authenticator = authenticator([
            Prefixed(prefix: "b", accepts: true), Prefixed(prefix: "a", accepts: false),
            Prefixed(prefix: "a", accepts: true),
        ])
        let refused = await authenticator.decide(LoginAttempt(credential: .bearer("abc"), now: now))
        #expect(reason(refused.verdict) == "no a")
        let accepted = await authenticator.decide(LoginAttempt(credential: .bearer("bcd"), now: now))
        #expect(subject(accepted.verdict) == "apiKey:b")
    }

    @Test("what nobody knows is refused, and a wrong credential is never anonymous")
    func nobodyKnows() async {
        let authenticator = authenticator([Prefixed(prefix: "a", accepts: true), AnonymousMethod(subject: "guest")])
        let wrong = await authenticator.decide(LoginAttempt(credential: .bearer("x"), now: now))
        #expect(reason(wrong.verdict) == "no method knows this token")
        #expect(wrong.method == nil)
        let malformed = await authenticator.decide(LoginAttempt(credential: .malformed("two"), now: now))
        #expect(reason(malformed.verdict) == "two")
        let missing = await authenticator.decide(LoginAttempt(credential: .none, now: now))
        #expect(subject(missing.verdict) == "anonymous:guest")
    }

    @Test("passthrough takes what the methods before it do not know, and lets the credential go on")
    func passthrough() async {
        let authenticator = authenticator([Prefixed(prefix: "a", accepts: false), PassthroughMethod()])
        #expect(reason(await authenticator.decide(LoginAttempt(credential: .bearer("a"), now: now)).verdict) == "no a")
        let passed = await authenticator.decide(LoginAttempt(credential: .bearer("x"), now: now))
        guard case .accepted(let login) = passed.verdict else {
            Issue.record("not accepted")
            return
        }
        #expect(login.forwarding == .passThrough)
        #expect(!authenticator.passesEverything)
        #expect(self.authenticator([PassthroughMethod()]).passesEverything)
    }

    @Test("a token of the gateway's own is good until it ends, and is renewed in its last third")
    func ownToken() throws {
        let authenticator = authenticator([Remembering(known: nil)])
        let login = AcceptedLogin(principal: Principal(name: "alice", method: .basic, groups: ["g"], tenant: "t"))
        let token = try #require(authenticator.firstToken(login, now: now)).text
        guard case .accepted(let early) = authenticator.verdict(onOwn: token, now: now + 599) else {
            Issue.record("not accepted")
            return
        }
        #expect(early.principal == login.principal)
        // The verdict is asked for again when a new token is due.
        #expect(early.reusable == 1)
        #expect(authenticator.gift(early, now: now + 599) == nil)
        guard case .accepted(let late) = authenticator.verdict(onOwn: token, now: now + 600) else {
            Issue.record("not accepted")
            return
        }
        #expect(authenticator.gift(late, now: now + 600)?.expires == now + 1500)
        #expect(reason(authenticator.verdict(onOwn: token, now: now + 900)) == "the token has expired")
    }

    @Test("a token from a login does not outlive what was shown")
    func tokenEndsWithCredential() throws {
        let authenticator = authenticator([])
        var login = AcceptedLogin(principal: Principal(name: "alice", method: .jwt))
        login.expires = now + 60
        #expect(try #require(authenticator.firstToken(login, now: now)).expires == now + 60)
    }

    @Test(
        "whom a method has forgotten does not get in by an old token",
        arguments: [(nil, true), (true, true), (false, false)] as [(Bool?, Bool)])
    func forgotten(known: Bool?, getsIn: Bool) throws {
        let authenticator = authenticator([Remembering(known: known)])
        let login = AcceptedLogin(principal: Principal(name: "alice", method: .basic))
        let token = try #require(authenticator.firstToken(login, now: now)).text
        #expect((subject(authenticator.verdict(onOwn: token, now: now)) == "basic:alice") == getsIn)
    }

    @Test("a token of a method that is not configured any more lets nobody in", arguments: [nil, "staff"] as [String?])
    func removedMethod(source: String?) throws {
        let login = AcceptedLogin(principal: Principal(name: "alice", method: .basic, source: source))
        let others = authenticator([
            AnonymousMethod(subject: "guest"), Remembering(known: nil, source: source == nil ? "staff" : nil),
        ])
        let token = try #require(others.firstToken(login, now: now)).text
        #expect(reason(others.verdict(onOwn: token, now: now)) == "the token's subject is known no more")
    }

    @Test("there is no token for whom it could not hold all claims: a rule that denies by one would not match")
    func claimsThatDoNotFit() {
        let claims = Dictionary(
            uniqueKeysWithValues: (0..<60).map { ("claim\($0)", [String(repeating: "x", count: 100)]) })
        let login = AcceptedLogin(principal: Principal(name: "alice", method: .jwt, claims: claims))
        #expect(authenticator([]).firstToken(login, now: now) == nil)
    }
}
