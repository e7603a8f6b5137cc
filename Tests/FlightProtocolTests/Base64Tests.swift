import FlightProtocol
import Foundation
import TestSupport
import Testing

@Suite struct Base64Tests {
    @Test(
        "What is encoded is what Foundation encodes, in the other alphabet and without padding",
        arguments: [7 as UInt64])
    func encode(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8(random.below(256)) }
            let expected = Data(bytes).base64EncodedString()
                .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
            #expect(Base64.url.encode(bytes) == expected)
            #expect(Base64.url.decode(expected.utf8) == bytes)
        }
    }

    @Test(
        "There is one text for each sequence of bytes",
        arguments: [
            "A", "AAAAA", "AA==", "AA=", "AB", "AAB", "A+AA", "A/AA", " AA", "AA\n", "A\u{e9}", "AA.A", "====", "=",
        ])
    func strict(_ text: String) {
        #expect(Base64.url.decode(text.utf8) == nil)
    }
}
