import JetwayCore
import Testing

@testable import JetwayAuth

@Suite struct APIKeysTests {
    private let now = UnixTime(seconds: 1_800_000_000)
    /// Its hash was made with `printf %s KEY | sha256sum`.
    private static let key = "jak_loader_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
    private static let digest = "c5efd10067c152a306bfe16517b818af2acbcb6ffdb191116b0f2ee22acfdd40"

    private func keys(_ more: String = "", id: String = "loader", digest: String = Self.digest) throws -> APIKeys {
        try APIKeys.read(
            Array(
                #"{"version": 1, "keys": [{"id": "\#(id)", "sha256": "\#(digest)", "subject": "nightly"\#(more)}]}"#
                    .utf8),
            file: "api-keys.json")
    }

    private func reason(_ keys: APIKeys, _ text: String) -> String? {
        if case .invalid(let reason) = keys.verify(text, now: now) { reason } else { nil }
    }

    @Test("A key is somebody, with the groups and the tenant of its file")
    func valid() throws {
        let keys = try keys(#", "groups": ["loaders", "ops"], "tenant": "acme", "expires": "2027-06-01T00:00:00Z""#)
        #expect(keys.recognises(Self.key))
        guard case .valid(let principal, let expires) = keys.verify(Self.key, now: now) else {
            Issue.record("it is valid")
            return
        }
        #expect(
            principal == Principal(name: "nightly", method: .apiKey, groups: ["loaders", "ops"], tenant: "acme"))
        #expect(principal.subject == "apiKey:nightly")
        #expect(expires?.rfc3339 == "2027-06-01T00:00:00Z")
    }

    @Test("Of several files each qualifies its subjects with its own name")
    func source() throws {
        let text = try keys().fileText
        let keys = try APIKeys.read(Array(text.utf8), file: "x", source: "partners")
        guard case .valid(let principal, _) = keys.verify(Self.key, now: now) else {
            Issue.record("it is valid")
            return
        }
        #expect((principal.subject, principal.source) == ("apiKey:partners:nightly", "partners"))
        #expect(keys.fileText == text)
    }

    @Test("Wrong, unknown, disabled and expired keys are refused, each with its reason for the log")
    func refused() throws {
        let wrong = String(Self.key.dropLast()) + "9"
        #expect(reason(try keys(), wrong) == "a wrong secret of API key loader")
        #expect(reason(try keys(id: "other"), Self.key) == "an unknown API key")
        #expect(reason(try keys(#", "disabled": true"#), Self.key) == "API key loader is disabled")
        #expect(reason(try keys(#", "disabled": false"#), Self.key) == nil)
        let end = now.rfc3339
        #expect(reason(try keys(#", "expires": "\#(end)""#), Self.key) == "API key loader has expired")
        #expect(reason(try keys(#", "expires": "\#((now + 1).rfc3339)""#), Self.key) == nil)
        // Not even the holder of a wrong key learns that the key is disabled.
        #expect(reason(try keys(#", "disabled": true"#), wrong) == "a wrong secret of API key loader")
    }

    @Test(
        "What is not written as a key is refused before anything is compared",
        arguments: [
            "", "jak_", "jak__", "jwk_loader_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "jak_loader",
            "jak_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "jak__AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
            "jak_lo der_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
            "jak_löader_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "jak_" + String(repeating: "a", count: 100_000),
        ])
    func malformed(text: String) throws {
        #expect(reason(try keys(), text) == "not written as an API key")
    }

    @Test("Other credentials are not taken for API keys")
    func recognition() throws {
        let keys = try keys()
        for text in ["jwy_AAAA", "eyJhbGciOiJub25lIn0..", "", "JAK_a", "Bearer jak_a"] {
            #expect(!keys.recognises(text))
        }
    }

    @Test("A new key works by its text, and its file holds no more than its hash")
    func making() throws {
        let empty = try APIKeys.read(Array(#"{"version": 1, "keys": []}"#.utf8), file: "x")
        let made = try #require(
            empty.adding(id: "a_b-1", subject: "s", groups: ["g"], tenant: nil, expires: now + 10))
        #expect(made.text.hasPrefix("jak_a_b-1_"))
        let file = made.keys.fileText
        #expect(!file.contains(made.text.suffix(43)))
        let again = try APIKeys.read(Array(file.utf8), file: "x")
        #expect(again.entries == made.keys.entries)
        #expect(reason(again, made.text) == nil)
        #expect(again.adding(id: "a_b-1", subject: "s", groups: [], tenant: nil, expires: nil) == nil)
        #expect(again.adding(id: "a b", subject: "s", groups: [], tenant: nil, expires: nil) == nil)
    }

    @Test("All that is wrong with a file is told at once")
    func problems() {
        let text = #"""
            {"version": 1, "keys": [{"id": "", "sha256": "00", "subject": ""}, {"id": "a", "subject": "s", "group": []},
            {"id": "a", "sha256": "\#(Self.digest)", "subject": "s"}, {"id": "a", "sha256": "\#(Self.digest)", "subject": "s"}]}
            """#
        do {
            _ = try APIKeys.read(Array(text.utf8), file: "x")
            Issue.record("it was read")
        } catch {
            #expect(
                error.list.map(\.pointer) == [
                    "/keys/0/id", "/keys/0/sha256", "/keys/0/subject", "/keys/1", "/keys/1/group", "/keys/3",
                ])
        }
    }
}
