import FlightProtocol
import TestSupport
import Testing

@Suite struct BinaryMetadataTests {
    @Test(
        "Bytes are written as base64 without padding and read with and without it",
        arguments: [
            ("", "", ""), ("f", "Zg", "Zg=="), ("fo", "Zm8", "Zm8="), ("foo", "Zm9v", "Zm9v"),
            ("foob", "Zm9vYg", "Zm9vYg=="), ("fooba", "Zm9vYmE", "Zm9vYmE="), ("foobar", "Zm9vYmFy", "Zm9vYmFy"),
        ])
    func vectors(_ text: String, _ bare: String, _ padded: String) {
        #expect(BinaryMetadata.encode(text.utf8) == bare)
        #expect(BinaryMetadata.decode(bare) == Array(text.utf8))
        #expect(BinaryMetadata.decode(padded) == Array(text.utf8))
    }

    @Test("Any bytes come back")
    func roundTrip() {
        var random = SeededGenerator(seed: 64)
        for length in 0..<300 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(BinaryMetadata.decode(BinaryMetadata.encode(bytes)) == bytes)
        }
        #expect(BinaryMetadata.encode([0xfb, 0xff]) == "+/8")
    }

    @Test(
        "What is not base64 of whole bytes is refused",
        arguments: [
            "Z", "Zm9vY", "Z===", "Zg=", "Zg===", "=", "====", "Zm9v=", "Zm9v====", "Zg==Zg==", "Z=g=", "Zm9-", "Zm9_",
            "Zm 9v", "Zh", "Zm9", "Zm9v\n", "Zm\u{e9}v",
        ])
    func refused(_ value: String) {
        #expect(BinaryMetadata.decode(value) == nil)
    }

    @Test("Values that a proxy joined are split at the commas before they are decoded")
    func lists() {
        #expect(BinaryMetadata.decodeList("AA,AQ==") == [[0], [1]])
        #expect(BinaryMetadata.decodeList("AA, AQ\t,") == [[0], [1], []])
        #expect(BinaryMetadata.decodeList("") == [[]])
        #expect(BinaryMetadata.decodeList("  ") == [[]])
        #expect(BinaryMetadata.decodeList("AA,*") == nil)
        #expect(BinaryMetadata.decodeList("A A") == nil)
    }
}
