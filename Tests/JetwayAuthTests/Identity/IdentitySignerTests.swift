import Crypto
import JetwayAuth
import JetwayCore
import TestSupport
import Testing

@Suite struct IdentitySignerTests {
    /// RFC 7515 appendix A.3: a key in wide use; joserfc 1.6.5 says that this is its thumbprint.
    private static let pem = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIff
        H1136cspYG6+0iY7X1fCE9+E9LKhRANCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp
        7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt
        -----END PRIVATE KEY-----
        """
    private static let thumbprint = "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"
    private static let now = UnixTime(seconds: 1_900_000_000)

    private let principal = Principal(
        name: "ali\"ce\\é", method: .jwt, source: "corp", groups: ["analysts", "a,b"], tenant: "acme",
        claims: ["secret": ["x"]])

    private func signer() throws -> IdentitySigner { try IdentitySigner(pem: Self.pem) }

    /// Verifies with the published keys, as an upstream would.
    private func verify(_ token: String, by signer: IdentitySigner, at now: UnixTime) async throws -> JWTVerdict {
        var settings = JWTSettings(
            issuer: "jetway", audiences: ["sales"], algorithms: [.es256], keys: .file("keys.json"))
        settings.claims.groups = "groups"
        settings.claims.tenant = "tenant"
        settings.skewSeconds = 0
        let authority = try await TokenForge.authority(settings, keys: Array(signer.publicKeySet.utf8))
        return await authority.verify(token, now: now)
    }

    @Test("The key is named by its thumbprint")
    func keyID() throws {
        #expect(try signer().keyID == Self.thumbprint)
        #expect(try signer().publicKeySet.contains(#""kid":"\#(Self.thumbprint)""#))
    }

    @Test("An upstream verifies an identity with the published keys, for a minute and for itself alone")
    func roundTrip() async throws {
        let signer = try signer()
        let token = try signer.sign(principal, audience: "sales", now: Self.now)
        let verdict = try await verify(token, by: signer, at: Self.now)
        let seen = try #require(verdict.principal, "\(verdict)")
        #expect(seen.subject == "jwt:jwt:corp:ali\"ce\\é")
        #expect(seen.groups == ["analysts", "a,b"])
        #expect(seen.tenant == "acme")
        #expect(seen.claims["method"] == ["jwt"])
        #expect(seen.claims["secret"] == nil)
        #expect(try await verify(token, by: signer, at: Self.now + 59).principal != nil)
        #expect(try await verify(token, by: signer, at: Self.now + 60).principal == nil)
        let other = try signer.sign(principal, audience: "ops", now: Self.now)
        #expect(try await verify(other, by: signer, at: Self.now).reason?.contains("\"aud\"") == true)
        let stranger = try IdentitySigner(pem: P256.Signing.PrivateKey().pemRepresentation)
        let forged = try stranger.sign(principal, audience: "sales", now: Self.now)
        #expect(try await verify(forged, by: signer, at: Self.now).reason == "\"kid\" is unknown")
    }

    @Test("Each token has an id of its own")
    func ids() throws {
        let signer = try signer()
        var (first, second) = (SeededGenerator(seed: 1), SeededGenerator(seed: 2))
        let tokens = [
            try signer.sign(principal, audience: "a", now: Self.now, using: &first),
            try signer.sign(principal, audience: "a", now: Self.now, using: &second),
        ].map { $0.split(separator: ".")[1] }
        #expect(tokens[0] != tokens[1])
    }

    @Test(
        "Another kind of key is refused",
        arguments: ["", "x", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----"])
    func badKey(_ pem: String) {
        #expect(throws: IdentityKeyProblem.self) { try IdentitySigner(pem: pem) }
    }

    @Test("A key of another curve is refused")
    func otherCurve() {
        #expect(throws: IdentityKeyProblem.self) {
            try IdentitySigner(pem: P384.Signing.PrivateKey().pemRepresentation)
        }
    }

    @Test("An identity is used again for half of its life, for the same caller and upstream")
    func cache() throws {
        let cache = IdentityCache(signer: try signer())
        let token = try cache.token(principal, audience: "sales", now: Self.now)
        #expect(try cache.token(principal, audience: "sales", now: Self.now + 29) == token)
        #expect(try cache.token(principal, audience: "ops", now: Self.now) != token)
        let sibling = Principal(name: "ali\"ce\\é", method: .jwt, source: "corp", groups: ["admins"])
        #expect(try cache.token(sibling, audience: "sales", now: Self.now) != token)
        #expect(try cache.token(principal, audience: "sales", now: Self.now + 30) != token)
        #expect(try cache.token(principal, audience: "sales", now: Self.now + -1) != token)
    }

    @Test("The cache holds no more than it may")
    func bounded() throws {
        let cache = IdentityCache(signer: try signer(), capacity: 8)
        for index in 0..<100 {
            let caller = Principal(name: "caller \(index)", method: .basic)
            _ = try cache.token(caller, audience: "sales", now: Self.now + Int64(index))
            #expect(cache.count <= 8)
        }
    }
}
