import JetwayAuth
import JetwayCore
import Testing

@Suite struct RemoteKeysTests {
    private static let keysAddress = "https://idp.example.com/keys"
    private static let discoveryAddress = "https://idp.example.com/.well-known/openid-configuration"

    private let fetcher = ScriptedFetcher()
    private let log = RefreshLog()
    private let forge = TokenForge()

    private func authority(
        _ keys: JWTSettings.Keys = .url(keysAddress), adopting previous: JWTAuthority? = nil,
        change: (inout JWTSettings) -> Void = { _ in }
    ) async throws -> JWTAuthority {
        var settings = TokenForge.settings(keys: keys)
        change(&settings)
        let log = log
        return try await JWTAuthority(settings, keyFile: nil, fetcher: fetcher, adopting: previous) { log.add($0) }
    }

    private func publish(_ keys: String...) {
        fetcher.answer(Self.keysAddress, .success(Array(#"{"keys":[\#(keys.joined(separator: ","))]}"#.utf8)))
    }

    @Test("T53: one fetch serves all tokens that wait for it")
    func single() async throws {
        publish(forge.jwk())
        fetcher.hold()
        let authority = try await authority()
        let token = try forge.token()
        let verdicts = await withTaskGroup(of: JWTVerdict.self) { group in
            for _ in 0..<50 { group.addTask { await authority.verify(token, now: TokenForge.now) } }
            await fetcher.started(1)
            fetcher.release()
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(verdicts.allSatisfy { $0.principal?.subject == "jwt:alice" })
        #expect(fetcher.count == 1)
        #expect(log.results == [.success(1)])
    }

    @Test("T53: a rotated key is taken with one fetch, and tokens of the old one end with it, cached or not")
    func rotation() async throws {
        let (next, now) = (TokenForge(), TokenForge.now)
        publish(forge.jwk())
        let authority = try await authority()
        let (old, new) = (try forge.token(), try next.token(header: #"{"alg":"ES256","kid":"two"}"#))
        #expect(await authority.verify(old, now: now).principal != nil)
        #expect(authority.cachedVerdict(old, now: now) != nil)
        let generation = authority.keyGeneration
        publish(next.jwk(id: "two"))
        #expect(await authority.verify(new, now: now + 1).principal != nil)
        #expect(fetcher.count == 2)
        #expect(authority.keyGeneration != generation)
        #expect(authority.cachedVerdict(old, now: now + 1) == nil)
        #expect(await authority.verify(old, now: now + 1).reason == "\"kid\" is unknown")
        #expect(fetcher.count == 2)
    }

    @Test("A key set that was fetched again unchanged keeps its verdicts")
    func unchanged() async throws {
        publish(forge.jwk())
        let authority = try await authority()
        let token = try forge.token()
        let verdict = await authority.verify(token, now: TokenForge.now)
        #expect(authority.cachedVerdict(token, now: TokenForge.now + 299) == verdict)
        // The next look renews the keys, beside the verdict.
        #expect(authority.cachedVerdict(token, now: TokenForge.now + 301) == nil)
        #expect(await authority.verify(token, now: TokenForge.now + 301) == verdict)
        await log.ended(2)
        #expect(authority.cachedVerdict(token, now: TokenForge.now + 302) == verdict)
        #expect(fetcher.count == 2)
    }

    @Test("T53: a flood of tokens with unknown key ids causes one fetch")
    func flood() async throws {
        publish(forge.jwk())
        let authority = try await authority()
        #expect(await authority.verify(try forge.token(), now: TokenForge.now).principal != nil)
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<1000 {
                group.addTask {
                    let token = try? forge.token(header: #"{"alg":"ES256","kid":"unknown-\#(index)"}"#)
                    let verdict = await authority.verify(token ?? "", now: TokenForge.now + Int64(index % 30))
                    #expect(verdict.reason == "\"kid\" is unknown")
                }
            }
        }
        #expect(fetcher.count == 2)
    }

    @Test("Tokens that are bad for another reason fetch nothing")
    func cheap() async throws {
        let authority = try await authority()
        let expired = try forge.token(payload: TokenForge.payload(["exp": "1000"]))
        #expect(await authority.verify(expired, now: TokenForge.now).reason == "the token has expired")
        #expect(await authority.verify(try forge.token(header: #"{"alg":"none"}"#), now: TokenForge.now).reason != nil)
        #expect(await authority.verify("a.b.c", now: TokenForge.now).reason != nil)
        #expect(fetcher.count == 0)
    }

    @Test("T53: keys that cannot be renewed are used for an hour, then all tokens are refused, cached or not")
    func stale() async throws {
        publish(forge.jwk())
        let (authority, now) = (try await authority(), TokenForge.now)
        let token = try forge.token(payload: TokenForge.payload(["exp": "1900090000"]))
        #expect(await authority.verify(token, now: now).principal != nil)
        fetcher.answer(Self.keysAddress, .failure(.status(500)))
        #expect(await authority.verify(token, now: now + 400).principal != nil)
        await log.ended(2)
        #expect(log.results.last == .failure(JWTProblem("\(Self.keysAddress): the answer has status 500")))
        #expect(await authority.verify(token, now: now + 3600).principal != nil)
        await log.ended(3)
        #expect(authority.cachedVerdict(token, now: now + 3601) == nil)
        let reason = await authority.verify(token, now: now + 3631).reason
        #expect(reason == "keys are stale: \(Self.keysAddress): the answer has status 500")
        publish(forge.jwk())
        #expect(await authority.verify(token, now: now + 3700).principal != nil)
    }

    @Test(
        "T53: what is no key set is no answer",
        arguments: [
            (.failure(.timedOut), "no answer in time"), (.failure(.redirected), "is a redirect"),
            (.success(Array("<html>".utf8)), "not valid JSON"),
            (.success(Array(#"{"keys":[]}"#.utf8)), "no usable key"),
            (.failure(.unreachable("connection refused")), "connection refused"),
        ] as [(Result<[UInt8], FetchProblem>, String)])
    func badAnswer(_ answer: Result<[UInt8], FetchProblem>, _ reason: String) async throws {
        fetcher.answer(Self.keysAddress, answer)
        let verdict = try await authority().verify(try forge.token(), now: TokenForge.now)
        #expect(verdict.reason?.hasPrefix("there are no keys: https://idp.example.com/keys") == true, "\(verdict)")
        #expect(verdict.reason?.contains(reason) == true, "\(verdict)")
    }

    @Test("T53: a key set of more than 256 KiB is no answer, whoever fetched it")
    func oversized() async throws {
        fetcher.answer(Self.keysAddress, .success([UInt8](repeating: 0x20, count: 257 * 1024)))
        let verdict = try await authority().verify(try forge.token(), now: TokenForge.now)
        #expect(verdict.reason?.contains("larger than 262144 bytes") == true, "\(verdict)")
    }

    @Test("Keys are found through the issuer's OpenID configuration")
    func discovery() async throws {
        publish(forge.jwk())
        let document = #"{"issuer":"https://idp.example.com","jwks_uri":"\#(Self.keysAddress)","x":1}"#
        fetcher.answer(Self.discoveryAddress, .success(Array(document.utf8)))
        #expect(try await authority(.discovery).verify(try forge.token(), now: TokenForge.now).principal != nil)
        #expect(fetcher.count == 2)
    }

    @Test(
        "An OpenID configuration of somebody else, or with keys that are not fetched safely, is refused",
        arguments: [
            (#"{"issuer":"https://idp.example.com/","jwks_uri":"https://idp.example.com/keys"}"#, "\"issuer\" is not"),
            (#"{"jwks_uri":"https://idp.example.com/keys"}"#, "\"issuer\" is not"),
            (#"{"issuer":"https://idp.example.com","jwks_uri":"http://idp.example.com/keys"}"#, "\"jwks_uri\" is"),
            (#"{"issuer":"https://idp.example.com","jwks_uri":"file:///etc/passwd"}"#, "\"jwks_uri\" is"),
            (#"{"issuer":"https://idp.example.com","jwks_uri":"https://u:p@idp.example.com/"}"#, "\"jwks_uri\" is"),
            (#"{"issuer":"https://idp.example.com"}"#, "\"jwks_uri\" is"), ("[]", "is not a JSON object"),
        ])
    func badDiscovery(_ document: String, _ reason: String) async throws {
        publish(forge.jwk())
        fetcher.answer(Self.discoveryAddress, .success(Array(document.utf8)))
        let verdict = try await authority(.discovery).verify(try forge.token(), now: TokenForge.now)
        #expect(verdict.reason?.contains(reason) == true, "\(verdict)")
    }

    @Test("A reload takes keys over where they come from the same place, and verdicts where nothing changed")
    func reload() async throws {
        publish(forge.jwk())
        let (token, now) = (try forge.token(), TokenForge.now)
        let first = try await authority()
        let verdict = await first.verify(token, now: now)
        fetcher.answer(Self.keysAddress, .failure(.timedOut))
        let same = try await authority(adopting: first)
        #expect(same.cachedVerdict(token, now: now) == verdict)
        let narrower = try await authority(adopting: same) { $0.audiences = ["other"] }
        #expect(narrower.cachedVerdict(token, now: now) == nil)
        #expect(await narrower.verify(token, now: now).reason?.contains("\"aud\"") == true)
        let renamed = try await authority(adopting: same) { $0.source = "corp" }
        #expect(await renamed.verify(token, now: now).principal?.subject == "jwt:corp:alice")
        #expect(fetcher.count == 1)
        let elsewhere = try await authority(.url("https://other.example.com/keys"), adopting: same)
        #expect(await elsewhere.verify(token, now: now).reason?.contains("there are no keys") == true)
        #expect(fetcher.count == 2)
    }
}
