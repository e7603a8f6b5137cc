import JetwayAuth
import JetwayCore
import Testing

@Suite struct JWTMethodTests {
    private static let address = "https://idp.example.com/keys"

    private let forge = TokenForge()
    private let fetcher = ScriptedFetcher()
    private let log = RefreshLog()

    private func method(forwards: Bool = false) async throws -> JWTMethod {
        fetcher.answer(Self.address, .success(TokenForge.keySet(forge.jwk())))
        var settings = TokenForge.settings(keys: .url(Self.address))
        settings.forwards = forwards
        let log = log
        return JWTMethod(try await JWTAuthority(settings, keyFile: nil, fetcher: fetcher) { log.add($0) })
    }

    private func attempt(_ credential: OfferedCredential, at seconds: Int64 = 0) -> LoginAttempt {
        LoginAttempt(credential: credential, now: TokenForge.now + seconds)
    }

    private func accepted(_ verdict: LoginVerdict?) -> AcceptedLogin? {
        if case .accepted(let login) = verdict { login } else { nil }
    }

    @Test("What is no JWT of the issuer is another method's")
    func notMine() async throws {
        let method = try await method()
        for credential in [
            OfferedCredential.none, .basic(user: "a", password: "b"), .bearer("jw1.x"), .apiKey("a.b.c"),
        ] {
            guard case .notMine = method.verdictAtOnce(attempt(credential)) else {
                Issue.record("\(credential) is taken")
                continue
            }
        }
        let foreign = try forge.token(payload: TokenForge.payload(["iss": #""https://other.example.com""#]))
        #expect(method.verdictAtOnce(attempt(.bearer(foreign))) == nil)
        guard case .notMine = await method.verdict(attempt(.bearer(foreign))) else {
            Issue.record("another issuer's token is taken")
            return
        }
        #expect(fetcher.count == 0)
    }

    @Test("A token is looked at once, and is known at once from then on")
    func known() async throws {
        let method = try await method()
        let bearer = OfferedCredential.bearer(try forge.token())
        #expect(method.verdictAtOnce(attempt(bearer)) == nil)
        // The keys came while it waited: it is not kept this once.
        let first = try #require(accepted(await method.verdict(attempt(bearer))))
        #expect(first.stillHolds?() == false)
        let second = try #require(accepted(method.verdictAtOnce(attempt(bearer))))
        #expect(second.principal.subject == "jwt:alice")
        #expect(second.expires == UnixTime(seconds: 1_900_003_600))
        #expect(second.stillHolds?() == true)
        #expect(second.reusable == 300)
        guard case .drop = second.forwarding else {
            Issue.record("the token goes on")
            return
        }
    }

    @Test("A kept verdict ends when the keys are due, and when they change")
    func kept() async throws {
        let method = try await method()
        let bearer = OfferedCredential.bearer(try forge.token())
        _ = await method.verdict(attempt(bearer))
        let login = try #require(accepted(method.verdictAtOnce(attempt(bearer, at: 290))))
        #expect(login.reusable == 10)
        fetcher.answer(Self.address, .success(TokenForge.keySet(TokenForge().jwk(id: "two"))))
        _ = await method.verdict(attempt(.bearer(try forge.token(header: #"{"alg":"ES256","kid":"x"}"#)), at: 291))
        await log.ended(2)
        #expect(login.stillHolds?() == false)
        #expect(accepted(method.verdictAtOnce(attempt(bearer, at: 292))) == nil)
        guard case .refused(let reason) = await method.verdict(attempt(bearer, at: 292)) else {
            Issue.record("a token of a key that is gone is taken")
            return
        }
        #expect(reason == "\"kid\" is unknown")
    }

    @Test("A token goes on to the upstream only where that is configured")
    func forwards() async throws {
        let login = accepted(try await method(forwards: true).verdict(attempt(.bearer(try forge.token()))))
        guard case .forward = login?.forwarding else {
            Issue.record("the token ends here")
            return
        }
    }
}
