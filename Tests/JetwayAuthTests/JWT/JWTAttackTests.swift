import JetwayAuth
import JetwayCore
import TestSupport
import Testing

/// What RFC 8725 warns of, and what is malformed. Each case differs from a good token in one thing.
@Suite struct JWTAttackTests {
    private let forge = TokenForge()

    private func verdict(_ token: String, _ settings: JWTSettings = TokenForge.settings()) async throws -> JWTVerdict {
        try await TokenForge.authority(settings, keys: TokenForge.keySet(forge.jwk())).verify(
            token, now: TokenForge.now)
    }

    @Test("The token that the cases are made from is good")
    func good() async throws {
        #expect(try await verdict(forge.token()).principal != nil)
    }

    @Test(
        "T52: a header that says anything but the key and its algorithm is refused",
        arguments: [
            (#"{"alg":"none","kid":"one"}"#, "\"alg\" is not one of the configured algorithms"),
            (#"{"alg":"None","kid":"one"}"#, "\"alg\" is not one of the configured algorithms"),
            (#"{"alg":"es256","kid":"one"}"#, "\"alg\" is not one of the configured algorithms"),
            (#"{"alg":"HS256","kid":"one"}"#, "\"alg\" is not one of the configured algorithms"),
            (#"{"alg":"RS256","kid":"one"}"#, "\"alg\" is not one of the configured algorithms"),
            (#"{"alg":["ES256"],"kid":"one"}"#, "\"alg\" is missing or not a string"),
            (#"{"kid":"one"}"#, "\"alg\" is missing or not a string"),
            (#"{"alg":"ES256","kid":"one","alg":"ES256"}"#, "duplicate"),
            (#"{"alg":"ES256","kid":"two"}"#, "\"kid\" is unknown"),
            (#"{"alg":"ES256","kid":"ONE"}"#, "\"kid\" is unknown"),
            (#"{"alg":"ES256","kid":"../one"}"#, "\"kid\" is unknown"),
            (#"{"alg":"ES256","kid":"' OR 1=1 --"}"#, "\"kid\" is unknown"),
            (#"{"alg":"ES256","kid":""}"#, "\"kid\" is not a string"),
            (#"{"alg":"ES256","kid":1}"#, "\"kid\" is not a string"),
            (#"{"alg":"ES256","kid":null}"#, "\"kid\" is not a string"),
            (#"{"alg":"ES256","kid":"one","crit":["exp"]}"#, "the header has \"crit\""),
            (#"{"alg":"ES256","kid":"one","crit":[]}"#, "the header has \"crit\""),
            (#"{"alg":"ES256","kid":"one","b64":false}"#, "the header has \"b64\""),
            (#"{"alg":"ES256","kid":"one","zip":"DEF"}"#, "the header has \"zip\""),
            (#"{"alg":"ES256","kid":"one","enc":"A128GCM"}"#, "the header has \"enc\""),
            (#"{"alg":"ES256","kid":"one","cty":"JWT"}"#, "the token is nested"),
            (#"{"alg":"ES256","kid":"one","typ":"logout+jwt"}"#, "\"typ\" is of another kind"),
            (#"{"alg":"ES256","kid":"one","typ":["JWT"]}"#, "\"typ\" is of another kind"),
            (#"["ES256"]"#, "the header is not a JSON object"), (#"{"alg":"ES256""#, "not valid JSON"),
            ("", "not valid JSON"),
            (#"{"alg":"ES256","kid":"one\u0000"}"#, "not valid JSON"),
            (#"{"alg":"ES256","kid":"one"} "x""#, "not valid JSON"),
        ])
    func header(_ header: String, _ reason: String) async throws {
        let verdict = try await verdict(forge.token(header: header))
        #expect(verdict.reason?.contains(reason) == true, "\(verdict)")
    }

    @Test(
        "Kinds of token that are access tokens, and keys that a token brings along, change nothing",
        arguments: [
            #"{"alg":"ES256"}"#, #"{"alg":"ES256","kid":"one","typ":"JWT"}"#, #"{"alg":"ES256","typ":"at+jwt"}"#,
            #"{"alg":"ES256","typ":"application/at+JWT"}"#, #"{"alg":"ES256","jku":"https://evil.example/keys"}"#,
            #"{"alg":"ES256","x5u":"https://evil.example/","x5c":["AAAA"],"x5t":"AAAA"}"#,
        ])
    func harmless(_ header: String) async throws {
        let verdict = try await verdict(forge.token(header: header))
        #expect(verdict.principal != nil, "\(verdict)")
    }

    @Test("T52: a token that is signed with the key in its own header is bad")
    func embeddedKey() async throws {
        let other = TokenForge()
        let header = #"{"alg":"ES256","kid":"one","jwk":\#(other.jwk())}"#
        #expect(try await verdict(other.token(header: header)).reason == "the signature is wrong")
    }

    @Test(
        "T52: a payload without the claims that are required, or with others, is refused",
        arguments: [
            (["iss": nil], "\"iss\""), (["iss": #""https://idp.example.com.evil""#], "\"iss\""),
            (["iss": #"["https://idp.example.com"]"#], "\"iss\""), (["aud": nil], "\"aud\""),
            (["aud": #""flights""#], "\"aud\""), (["aud": #""Flight""#], "\"aud\""), (["aud": "[]"], "\"aud\""),
            (["aud": #"["flight",1]"#], "\"aud\""), (["aud": #"{"flight":1}"#], "\"aud\""), (["exp": nil], "\"exp\""),
            (["exp": "1899999999"], "expired"), (["exp": "1900000000"], "expired"), (["exp": "0"], "expired"),
            (["exp": "-1"], "\"exp\" is not a time"), (["exp": #""1900003600""#], "\"exp\" is not a time"),
            (["exp": "null"], "\"exp\" is not a time"), (["exp": "253402300800"], "\"exp\" is not a time"),
            (["exp": "9223372036854775807"], "\"exp\" is not a time"), (["exp": "9223372036854775808"], "JSON"),
            (["exp": "1e300"], "\"exp\" is not a time"), (["exp": "1e999"], "JSON"), (["exp": "NaN"], "JSON"),
            (["exp": "[1900003600]"], "\"exp\" is not a time"), (["exp": "true"], "\"exp\" is not a time"),
            (["nbf": "1900000121"], "not yet valid"), (["nbf": #""1900000000""#], "\"nbf\" is not a time"),
            (["nbf": "-9223372036854775808"], "\"nbf\" is not a time"), (["iat": "1900000121"], "in the future"),
            (["iat": "{}"], "\"iat\" is not a time"), (["sub": nil], "\"sub\" is missing"),
            (["sub": "7"], "\"sub\" is missing or not a string"), (["sub": #""""#], "\"sub\" is empty"),
            (["sub": #""a\nb""#], "control character"), (["sub": #""a\u0085b""#], "control character"),
            (["sub": #""a\u0000""#], "JSON"), (["sub": "\"\(String(repeating: "x", count: 257))\""], "longer than 256"),
        ] as [(KeyValuePairs<String, String?>, String)])
    func payload(_ changes: KeyValuePairs<String, String?>, _ reason: String) async throws {
        let verdict = try await verdict(forge.token(payload: TokenForge.payload(changes)))
        #expect(verdict.reason?.contains(reason) == true, "\(verdict)")
    }

    @Test(
        "Times are good up to the skew, and may have fractions",
        arguments: [
            ["exp": "1900000001"], ["exp": "1900003600.75"], ["exp": "1.9000036e9"], ["nbf": "1900000120"],
            ["iat": "1900000120"], ["nbf": nil], ["iat": nil], ["exp": "253402300799"], ["aud": #"["x","flight"]"#],
        ] as [KeyValuePairs<String, String?>])
    func edges(_ changes: KeyValuePairs<String, String?>) async throws {
        let verdict = try await verdict(forge.token(payload: TokenForge.payload(changes)))
        #expect(verdict.principal != nil, "\(verdict)")
    }

    @Test("T52: a claim that comes twice makes a token bad, even the same")
    func duplicates() async throws {
        let twice = TokenForge.payload.replacing(#""aud""#, with: #""iss":"https://idp.example.com","aud""#)
        #expect(try await verdict(forge.token(payload: twice)).reason?.contains("duplicate") == true)
        let nested = TokenForge.payload([:]).dropLast() + #","a":{"b":1,"b":2}}"#
        #expect(try await verdict(forge.token(payload: String(nested))).reason?.contains("duplicate") == true)
    }

    @Test("T52: a form that is not the one of RFC 7515 is refused")
    func form() async throws {
        let token = try forge.token()
        let parts = token.split(separator: ".").map(String.init)
        let cases = [
            "", ".", "..", "\(parts[0]).\(parts[1])", "\(parts[0]).\(parts[1]).", ".\(parts[1]).\(parts[2])",
            token + ".",
            token + ".x", "\(token).\(parts[2]).\(parts[2])", token + "=", token + "==", " " + token, token + " ",
            token + "\n",
            "\(parts[0])=.\(parts[1]).\(parts[2])", "\(parts[0]).\(parts[1]).\(parts[2].dropLast())",
            "\(parts[0]).\(parts[1]).\(parts[2])AA", "\(parts[0]).\(parts[1]).\(parts[2].dropLast(2))+/", "é" + token,
            "\(parts[0]).\(parts[1]).AA", "\(parts[0]).\(parts[1]).\(String(repeating: "A", count: 86))",
        ]
        for text in cases {
            let verdict = try await verdict(text)
            #expect(verdict.reason != nil, "\(text): \(verdict)")
        }
    }

    @Test("T52: a token of more than 8 KiB is refused unread, and one of 8 KiB is not")
    func size() async throws {
        let large = TokenForge.payload(["x": "\"\(String(repeating: "x", count: 7000))\""])
        #expect(try await verdict(forge.token(payload: large)).reason == "the token is larger than 8192 bytes")
        let fits = TokenForge.payload([:]).dropLast() + String(repeating: " ", count: 5800) + "}"
        let token = try forge.token(payload: String(fits))
        #expect((8000...8192).contains(token.utf8.count))
        #expect(try await verdict(token).principal != nil)
    }

    @Test("T52: JSON that is nested deeply is refused", arguments: [65, 2000])
    func depth(_ depth: Int) async throws {
        let nested = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        let verdict = try await verdict(forge.token(payload: TokenForge.payload(["x": nested])))
        #expect(verdict.reason?.contains("nested deeper") == true || verdict.reason?.contains("JSON") == true)
    }

    @Test("Damaged tokens are refused, and trap nothing", arguments: [52 as UInt64])
    func random(_ seed: UInt64) async throws {
        let authority = try await TokenForge.authority(keys: TokenForge.keySet(forge.jwk()))
        var random = SeededGenerator(seed: seed)
        let token = Array(try forge.token().utf8)
        for _ in 0..<2000 {
            var bytes = token
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] ^= UInt8.random(in: 1...127, using: &random)
                case 1: bytes.remove(at: place)
                default: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &random)], at: place)
                }
            }
            guard bytes != token else { continue }
            let verdict = await authority.verify(String(decoding: bytes, as: UTF8.self), now: TokenForge.now)
            #expect(verdict.principal == nil)
        }
    }
}
