import JetwayAuth
import JetwayCore
import Testing

@Suite struct JWTPrincipalTests {
    private let forge = TokenForge()

    private func verdict(
        _ members: KeyValuePairs<String, String?>, change: (inout JWTSettings) -> Void = { _ in }
    ) async throws -> JWTVerdict {
        var settings = TokenForge.settings()
        settings.claims.groups = "realm_access.roles"
        change(&settings)
        let authority = try await TokenForge.authority(settings, keys: TokenForge.keySet(forge.jwk()))
        return await authority.verify(try forge.token(payload: TokenForge.payload(members)), now: TokenForge.now)
    }

    @Test(
        "Groups are a list of names, or one name",
        arguments: [
            (#"{"roles":["a","b c"]}"#, ["a", "b c"]), (#"{"roles":"a b"}"#, ["a b"]), (#"{"roles":[]}"#, []),
            (#"{"roles":null}"#, []), ("{}", []), ("null", []),
        ] as [(String, [String])])
    func groups(_ text: String, _ groups: [String]) async throws {
        #expect(try await verdict(["realm_access": text]).principal?.groups == groups)
    }

    @Test(
        "A token whose groups are something else is refused: a rule that denies by group must not be missed",
        arguments: [
            #"{"roles":[1]}"#, #"{"roles":["a",null]}"#, #"{"roles":{"a":1}}"#, #"{"roles":true}"#, #"{"roles":[""]}"#,
            #"{"roles":["a\u0007"]}"#, #"{"roles":[["a"]]}"#,
        ])
    func badGroups(_ text: String) async throws {
        #expect(try await verdict(["realm_access": text]).reason?.contains("realm_access.roles") == true)
    }

    @Test("Scopes are one string with spaces")
    func scopes() async throws {
        let verdict = try await verdict(["scope": #""read  write""#]) { $0.claims.groups = "scope" }
        #expect(verdict.principal?.groups == ["read", "write"])
    }

    @Test("A claim's very name comes before a path through its dots, and both at once are refused")
    func dottedNames() async throws {
        let named = try await verdict(["https://example.com/roles": #"["a"]"#]) {
            $0.claims.groups = "https://example.com/roles"
        }
        #expect(named.principal?.groups == ["a"])
        let both = try await verdict(["realm_access.roles": #"["a"]"#, "realm_access": #"{"roles":["b"]}"#])
        #expect(both.reason == "two claims are called \"realm_access.roles\"")
    }

    @Test("An address is a subject only if it is not marked as unverified")
    func email() async throws {
        let address: (inout JWTSettings) -> Void = { $0.claims.subject = "email" }
        #expect(try await verdict(["email": #""a@b.c""#], change: address).principal?.subject == "jwt:a@b.c")
        for mark in ["false", #""false""#] {
            let verdict = try await verdict(["email": #""a@b.c""#, "email_verified": mark], change: address)
            #expect(verdict.reason == "\"email\" is not verified")
        }
        #expect(try await verdict([:], change: address).reason == "\"email\" is missing or not a string")
    }

    @Test(
        "A tenant is a name, or is not there",
        arguments: [(#""acme""#, "acme"), ("null", nil)] as [(String, String?)])
    func tenant(_ text: String, _ tenant: String?) async throws {
        #expect(try await verdict(["org": text]) { $0.claims.tenant = "org" }.principal?.tenant == tenant)
        #expect(try await verdict(["org": "7"]) { $0.claims.tenant = "org" }.reason == "\"org\" is not a string")
    }

    @Test("A token with more claims than a principal holds is refused, not cut")
    func bounds() async throws {
        let many = "{" + (0..<64).map { #""c\#($0)":1"# }.joined(separator: ",") + "}"
        #expect(try await verdict(["x": many]).reason?.contains("more than 64 claims") == true)
        #expect(try await verdict(["x": "\"\(String(repeating: "x", count: 4096))\""]).reason?.contains("4096") == true)
    }

    @Test("Claims are texts under their names, those of objects under names with dots")
    func claims() async throws {
        let principal = try await verdict([
            "n": "12", "r": "1.5", "b": "true", "z": "null", "l": #"["a",1,[false]]"#, "o": #"{"p":{"q":"x"},"e":{}}"#,
        ]).principal
        let claims = try #require(principal?.claims)
        #expect(claims["n"] == ["12"] && claims["r"] == ["1.5"] && claims["b"] == ["true"] && claims["z"] == [])
        #expect(claims["l"] == ["a", "1", "false"] && claims["o.p.q"] == ["x"] && claims["o.e"] == nil)
        #expect(claims["iss"] == [TokenForge.issuer] && claims["nbf"] == nil)
    }
}
