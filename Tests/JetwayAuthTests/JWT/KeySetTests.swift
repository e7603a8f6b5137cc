import FlightProtocol
import Foundation
import JetwayCore
import TestSupport
import Testing

@testable import JetwayAuth

@Suite struct KeySetTests {
    private let forge = TokenForge()

    private static func golden(_ algorithm: SignatureAlgorithm) -> String {
        GoldenToken.all.first { $0.algorithm == algorithm }?.jwk ?? ""
    }

    private static func read(
        _ text: [UInt8], _ algorithms: Set<SignatureAlgorithm> = Set(SignatureAlgorithm.allCases), isRemote: Bool = true
    ) async throws(JWTProblem) -> KeySet {
        try await KeySet(text, algorithms: algorithms, isRemote: isRemote)
    }

    /// Why the only key of a set is left out.
    private static func refusal(
        _ jwk: String, _ algorithms: Set<SignatureAlgorithm> = Set(SignatureAlgorithm.allCases), isRemote: Bool = true
    ) async -> String? {
        do {
            _ = try await read(TokenForge.keySet(jwk), algorithms, isRemote: isRemote)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test("T52: a key that is not for signatures, is secret, or is no key at all is left out")
    func leftOut() async {
        let rsa = Self.golden(.rs256)
        let cases: [(String, String)] = [
            (Self.golden(.hs256), "a symmetric key is a secret"), (forge.jwk(more: #","use":"enc""#), "\"use\" is not"),
            (forge.jwk(more: #","use":["sig"]"#), "\"use\" is not"),
            (forge.jwk(more: #","key_ops":["sign"]"#), "\"key_ops\" does not"),
            (forge.jwk(more: #","key_ops":"verify""#), "\"key_ops\" does not"),
            (forge.jwk(more: #","d":"AAAA""#), "the private key is in it"),
            (forge.jwk(algorithm: "ES384"), "does not fit"), (forge.jwk(algorithm: "none"), "does not fit"),
            (forge.jwk(algorithm: "HS256"), "does not fit"), (forge.jwk(algorithm: "ECDH-ES"), "does not fit"),
            (forge.jwk().replacing("P-256", with: "P-384"), "does not fit"), (forge.jwk(id: ""), "\"kid\" is not"),
            (forge.jwk(algorithm: nil, more: #","alg":7"#), "\"alg\" is not a string"),
            (forge.jwk().replacing(#""EC""#, with: #""RSA""#), "does not fit"),
            (
                rsa.replacing("\"RS256\",\"use\"", with: "\"x\",\"use\"").replacing(#""n":""#, with: #""n":"*"#),
                "\"n\" is missing"
            ),
            (rsa.replacing(#""e":"AQAB""#, with: #""e":"AQAC""#), "no key for RS256"),
            (rsa.replacing(#""e":"AQAB""#, with: #""e":"AQ""#), "no key for RS256"),
            (rsa.replacing(#""n":"#, with: #""m":"#), "\"n\" is missing"),
            (#"{"kty":"EC","crv":"P-256","alg":"ES256","kid":"a","x":"AAAA","y":"AAAA"}"#, "\"x\" does not have 32"),
            (#"{"kty":"oct","k":"AAAA"}"#, "there is no \"alg\""), ("{}", "\"kty\" is missing"),
            ("7", "\"kty\" is missing"),
            (#"{"kty":"XYZ","alg":"ES256"}"#, "does not fit"), (#"{"kty":"RSA","alg":"RSA-OAEP"}"#, "does not fit"),
        ]
        for (jwk, reason) in cases {
            let refusal = await Self.refusal(jwk)
            #expect(refusal?.contains(reason) == true, "\(jwk): \(refusal ?? "taken")")
        }
    }

    @Test("T52: a point that is not on the curve is no key")
    func offCurve() async {
        let bytes = Base64.url.encode([UInt8](repeating: 7, count: 32))
        let jwk = #"{"kty":"EC","crv":"P-256","alg":"ES256","kid":"a","x":"\#(bytes)","y":"\#(bytes)"}"#
        #expect(await Self.refusal(jwk)?.contains("no key for ES256") == true)
    }

    @Test("T52: RSA keys of less than 2048 bits are no keys", arguments: [512, 1024, 2040, 2047, 8200])
    func smallRSA(_ bits: Int) async {
        var modulus = [UInt8](repeating: 0xA5, count: (bits + 7) / 8)
        if bits % 8 != 0 { modulus[0] >>= UInt8(8 - bits % 8) }
        for padded in [modulus, [0, 0] + modulus] {
            let jwk = #"{"kty":"RSA","alg":"RS256","kid":"a","n":"\#(Base64.url.encode(padded))","e":"AQAB"}"#
            #expect(await Self.refusal(jwk)?.contains("RSA of \(bits) bits") == true)
        }
    }

    @Test("A key without an algorithm is for the only configured one that fits its type and curve")
    func inference() async throws {
        let bare = forge.jwk(algorithm: nil)
        #expect(try await Self.read(TokenForge.keySet(bare), [.es256, .rs256]).keys.map(\.algorithm) == [.es256])
        #expect(try await Self.read(TokenForge.keySet(bare), [.es256, .es384]).keys.map(\.algorithm) == [.es256])
        #expect(await Self.refusal(bare, [.rs256])?.contains("0 of the configured algorithms fit") == true)
        let rsa = Self.golden(.rs256).replacing(#","alg":"RS256""#, with: "")
        #expect(try await Self.read(TokenForge.keySet(rsa), [.ps256, .es256]).keys.map(\.algorithm) == [.ps256])
        #expect(await Self.refusal(rsa, [.rs256, .ps256])?.contains("2 of the configured algorithms fit") == true)
    }

    @Test("Symmetric keys are taken from a file, if they are long enough")
    func symmetric() async throws {
        #expect(try await Self.read(TokenForge.keySet(Self.golden(.hs512)), isRemote: false).keys.count == 1)
        let short =
            #"{"kty":"oct","alg":"HS256","kid":"a","k":"\#(Base64.url.encode([UInt8](repeating: 1, count: 31)))"}"#
        #expect(await Self.refusal(short, isRemote: false)?.contains("shorter than 32 bytes") == true)
    }

    @Test("Among several keys only those with a name of their own are taken, and no token chooses without naming one")
    func names() async throws {
        let (second, third) = (TokenForge(), TokenForge())
        let set = try await Self.read(
            TokenForge.keySet(forge.jwk(), second.jwk(id: "two"), third.jwk(id: "two"), third.jwk(id: nil)))
        #expect(set.keys.map(\.id) == ["one"])
        #expect(set.leftOut.sorted() == [#"1 keys have no "kid""#, #"2 keys have the same "kid""#])
        let two = try await Self.read(TokenForge.keySet(forge.jwk(), second.jwk(id: "two")))
        #expect(two.key("one")?.id == "one")
        #expect(two.key("two")?.id == "two")
        #expect(two.key("three") == nil)
        #expect(two.key(nil) == nil)
    }

    @Test("The only key is for tokens that name none, or it")
    func onlyKey() async throws {
        let named = try await Self.read(TokenForge.keySet(forge.jwk(), Self.golden(.hs256)))
        #expect(named.key(nil) != nil)
        #expect(named.key("one") != nil)
        #expect(named.key("two") == nil)
        let nameless = try await Self.read(Array(forge.jwk(id: nil).utf8))
        #expect(nameless.key(nil) != nil)
        #expect(nameless.key("one") == nil)
    }

    @Test(
        "What is no set of keys is refused",
        arguments: [
            "", "[]", "7", "{}", #"{"keys":{}}"#, #"{"keys":[]}"#, #"{"keys":[],"keys":[]}"#, "<html>",
            #"{"keys":[\#(Array(repeating: "{}", count: 257).joined(separator: ","))]}"#,
        ])
    func noSet(_ text: String) async {
        await #expect(throws: JWTProblem.self) { try await Self.read(Array(text.utf8)) }
    }

    @Test("Damaged key sets trap nothing", arguments: [53 as UInt64])
    func damaged(_ seed: UInt64) async {
        var random = SeededGenerator(seed: seed)
        let text = TokenForge.keySet(forge.jwk(), Self.golden(.rs256), Self.golden(.es512), Self.golden(.edDSA))
        for _ in 0..<1000 {
            var bytes = text
            for _ in 0...random.below(3) { bytes[random.below(bytes.count)] = UInt8(0x20 + random.below(0x5F)) }
            _ = try? await Self.read(bytes)
        }
    }
}
