import Crypto
import FlightProtocol
import JetwayAuth
import JetwayCore
import Testing

@Suite struct JWTAuthorityTests {
    @Test("T52: tokens that other software made are good with each algorithm", arguments: GoldenToken.all)
    func golden(_ golden: GoldenToken) async throws {
        var settings = TokenForge.settings(algorithms: [golden.algorithm])
        settings.claims.groups = "groups"
        settings.claims.tenant = "org.id"
        settings.source = "corp"
        let authority = try await TokenForge.authority(settings, keys: TokenForge.keySet(golden.jwk))
        #expect(authority.recognises(golden.token))
        let verdict = await authority.verify(golden.token, now: TokenForge.now)
        let principal = try #require(verdict.principal, "\(verdict)")
        #expect(principal.subject == "jwt:corp:alice")
        #expect(principal.groups == ["analysts", "Büro"])
        #expect(principal.tenant == "acme")
        #expect(principal.claims["realm_access.roles"] == ["reader", "writer"])
        #expect(principal.claims["org.size"] == ["12"])
        #expect(principal.claims["email_verified"] == ["true"])
        #expect(principal.claims["exp"] == nil)
        #expect(verdict == .valid(principal, expires: UnixTime(seconds: 1_900_003_600)))
    }

    @Test("T52: one changed bit of any part makes a token bad", arguments: GoldenToken.all)
    func changed(_ golden: GoldenToken) async throws {
        let settings = TokenForge.settings(algorithms: [golden.algorithm])
        let authority = try await TokenForge.authority(settings, keys: TokenForge.keySet(golden.jwk))
        let parts = golden.token.split(separator: ".").map { Base64.url.decode($0.utf8) ?? [] }
        for part in parts.indices {
            for place in stride(from: 0, to: parts[part].count, by: 7) {
                var changed = parts
                changed[part][place] ^= 0x10
                let token = changed.map { Base64.url.encode($0) }.joined(separator: ".")
                #expect(await authority.verify(token, now: TokenForge.now).principal == nil)
            }
        }
    }

    @Test("T52: a key of one algorithm verifies no other, whatever the header says", arguments: GoldenToken.all)
    func algorithmConfusion(_ golden: GoldenToken) async throws {
        let authority = try await TokenForge.authority(
            TokenForge.settings(algorithms: Set(SignatureAlgorithm.allCases)), keys: TokenForge.keySet(golden.jwk))
        let parts = golden.token.split(separator: ".")
        for other in SignatureAlgorithm.allCases where other != golden.algorithm {
            let header = #"{"alg":"\#(other.rawValue)","kid":"\#(golden.algorithm.rawValue)"}"#
            let token = "\(Base64.url.encode(header.utf8)).\(parts[1]).\(parts[2])"
            #expect(await authority.verify(token, now: TokenForge.now).reason == #""alg" is not that of the key"#)
        }
    }

    @Test("T52: a token signed by HMAC with the text of an RSA or EC public key is bad")
    func publicKeyAsSecret() async throws {
        let forge = TokenForge()
        let settings = TokenForge.settings(algorithms: [.es256, .rs256, .hs256])
        let rsa = try #require(GoldenToken.all.first { $0.algorithm == .rs256 })
        let authority = try await TokenForge.authority(settings, keys: TokenForge.keySet(forge.jwk(), rsa.jwk))
        for secret in [forge.key.publicKey.pemRepresentation, rsa.jwk] {
            for id in ["one", "RS256"] {
                let header = Base64.url.encode(#"{"alg":"HS256","kid":"\#(id)"}"#.utf8)
                let input = "\(header).\(Base64.url.encode(TokenForge.payload.utf8))"
                let code = HMAC<SHA256>.authenticationCode(
                    for: Array(input.utf8), using: SymmetricKey(data: Array(secret.utf8)))
                let verdict = await authority.verify("\(input).\(Base64.url.encode(code))", now: TokenForge.now)
                #expect(verdict.reason == #""alg" is not that of the key"#)
            }
        }
    }

    @Test("A verdict from the cache is the verdict, until the token has expired")
    func cached() async throws {
        let forge = TokenForge()
        let authority = try await TokenForge.authority(keys: TokenForge.keySet(forge.jwk()))
        let token = try forge.token()
        #expect(authority.cachedVerdict(token, now: TokenForge.now) == nil)
        let verdict = await authority.verify(token, now: TokenForge.now)
        #expect(verdict.principal?.subject == "jwt:alice")
        #expect(authority.cachedVerdict(token, now: TokenForge.now) == verdict)
        let end = UnixTime(seconds: 1_900_003_600)
        #expect(authority.cachedVerdict(token, now: end + -1) == verdict)
        #expect(authority.cachedVerdict(token, now: end) == nil)
        // Within the skew it is still good, and looked at each time.
        #expect(await authority.verify(token, now: end + 59) == verdict)
        #expect(authority.cachedVerdict(token, now: end + 59) == nil)
        #expect(await authority.verify(token, now: end + 60).reason == "the token has expired")
    }

    @Test("Bad tokens are not remembered, and do not spoil good ones")
    func notCached() async throws {
        let forge = TokenForge()
        let authority = try await TokenForge.authority(keys: TokenForge.keySet(forge.jwk()))
        let bad = try TokenForge().token()
        #expect(await authority.verify(bad, now: TokenForge.now).reason == "the signature is wrong")
        #expect(authority.cachedVerdict(bad, now: TokenForge.now) == nil)
        let good = try forge.token()
        #expect(await authority.verify(good, now: TokenForge.now).principal != nil)
        #expect(authority.cachedVerdict(good + "A", now: TokenForge.now) == nil)
    }

    @Test("An authority recognises the tokens of its issuer alone")
    func recognises() async throws {
        let forge = TokenForge()
        let authority = try await TokenForge.authority(keys: TokenForge.keySet(forge.jwk()))
        #expect(authority.recognises(try forge.token()))
        #expect(authority.recognises(try TokenForge().token(payload: TokenForge.payload(["aud": nil]))))
        for issuer in ["null", "1", #""""#, #""https://idp.example.com/""#, #""https://IDP.example.com""#] {
            #expect(!authority.recognises(try forge.token(payload: TokenForge.payload(["iss": issuer]))))
        }
        for text in [
            "", "..", "a.b.c", "jw1.sealed", "e30.e30.e30", "e30.e30.AA.AA", String(repeating: ".", count: 9000),
        ] {
            #expect(!authority.recognises(text), "\(text)")
        }
    }
}
