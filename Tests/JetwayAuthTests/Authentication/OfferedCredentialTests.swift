import FlightProtocol
import JetwayCore
import NIOHPACK
import Testing

@testable import JetwayAuth

@Suite("Credentials in a request's head")
struct OfferedCredentialTests {
    private let fields = CredentialFields(
        tokenFields: ["authorization", "x-jetway-authorization"], keyFields: ["X-API-Key"])

    private func read(_ headers: [(String, String)]) -> OfferedCredential {
        fields.credential(in: HPACKHeaders(headers))
    }

    private static func base64(_ text: String) -> String { BinaryMetadata.encodePadded(text.utf8) }

    @Test(
        "a password is read from Basic in any case, with padding and without",
        arguments: ["Basic YWxpY2U6cGFzcw==", "basic YWxpY2U6cGFzcw", "BASIC  YWxpY2U6cGFzcw=="])
    func basic(value: String) {
        #expect(read([("authorization", value)]) == .basic(user: "alice", password: "pass"))
    }

    @Test("only the first colon ends the name, and a password may be empty")
    func colons() {
        #expect(
            read([("authorization", "Basic " + Self.base64("alice:a:b"))]) == .basic(user: "alice", password: "a:b"))
        #expect(read([("authorization", "Basic " + Self.base64("alice:"))]) == .basic(user: "alice", password: ""))
    }

    @Test("names and passwords are UTF-8")
    func utf8() {
        #expect(read([("authorization", "Basic " + Self.base64("é:ü"))]) == .basic(user: "é", password: "ü"))
    }

    @Test(
        "what is no name and password is malformed",
        arguments: [
            "Basic", "Basic ", "Basic !!!!", "Basic YWxpY2U", "Basic " + base64(":x"), "Basic " + base64("a\u{0}:x"),
            "Basic " + base64("a:\u{0}"), "Basic /w==", "Basic " + base64("alice"),
            "Basic " + base64(String(repeating: "u", count: 257) + ":x"),
            "Basic " + base64("u:" + String(repeating: "p", count: 1025)), "Basic YWxpY2U6cGFzcw===",
            "Basic YWxpY2U6cGFzcw== x",
        ])
    func malformedBasic(value: String) {
        guard case .malformed = read([("authorization", value)]) else {
            Issue.record("\(value) was taken for \(read([("authorization", value)]))")
            return
        }
    }

    @Test("a bearer token is read from authorization and from its aliases")
    func bearer() {
        #expect(read([("authorization", "Bearer abc.def")]) == .bearer("abc.def"))
        #expect(read([("x-jetway-authorization", "bearer abc")]) == .bearer("abc"))
    }

    @Test(
        "an empty or unreadable bearer token is malformed",
        arguments: ["Bearer ", "Bearer", "Bearer a b", "Bearer \u{e9}", "Bearer a\u{7f}"])
    func malformedBearer(value: String) {
        guard case .malformed = read([("authorization", value)]) else {
            Issue.record("\(value) was taken")
            return
        }
    }

    @Test("a handshake's token is text in base64; an empty one is none, one that is no text is another's")
    func handshakeToken() {
        #expect(read([("auth-token-bin", Self.base64("tok"))]) == .bearer("tok"))
        #expect(read([("auth-token-bin", "dG9r")]) == .bearer("tok"))
        #expect(read([("auth-token-bin", "")]) == .none)
        #expect(read([("auth-token-bin", BinaryMetadata.encode([0xff, 0]))]) == .other)
        #expect(read([("auth-token-bin", "dG9r,")]) == .bearer("tok"))
        #expect(read([("auth-token-bin", "dG9r,dG9r")]) == .malformed("more than one credential"))
        #expect(read([("auth-token-bin", "?")]) == .malformed("auth-token-bin is not base64"))
    }

    @Test("an empty handshake token beside a bearer token does not count: that is how ODBC logs in")
    func odbc() {
        #expect(read([("authorization", "Bearer pat"), ("auth-token-bin", "")]) == .bearer("pat"))
    }

    @Test("an API key is what its field holds")
    func apiKey() {
        #expect(read([("x-api-key", "jak_loader_xyz")]) == .apiKey("jak_loader_xyz"))
    }

    @Test("another scheme is somebody else's")
    func otherScheme() {
        #expect(read([("authorization", "Negotiate abc")]) == .other)
    }

    @Test("nothing is none")
    func none() {
        #expect(read([(":path", "/x"), ("cookie", "authorization=Basic")]) == .none)
    }

    @Test(
        "two credentials are malformed, even if they are equal",
        arguments: [
            [("authorization", "Bearer a"), ("authorization", "Bearer a")],
            [("authorization", "Bearer a"), ("x-jetway-authorization", "Bearer b")],
            [("authorization", "Basic YTpi"), ("auth-token-bin", "dG9r")],
            [("x-api-key", "k"), ("authorization", "Bearer a")],
            [("x-api-key", "k"), ("x-api-key", "k")],
        ])
    func two(headers: [(String, String)]) {
        #expect(read(headers) == .malformed("more than one credential"))
    }

    @Test("the names that end at the gateway are compared in normal form")
    func names() {
        #expect(fields.names.contains("authorization"))
        #expect(fields.names.contains("x_jetway_authorization"))
        #expect(fields.names.contains("X-Api-Key"))
        #expect(fields.names.contains("auth-token-bin"))
        #expect(!fields.names.contains("x-authorization"))
    }
}
