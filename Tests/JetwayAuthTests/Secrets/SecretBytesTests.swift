import Testing

@testable import JetwayAuth

@Suite struct SecretBytesTests {
    @Test("Hexadecimal digits are written in lower case, and read in both")
    func hex() {
        let bytes = (0...255).map { UInt8($0) }
        #expect(SecretBytes.decodeHex(SecretBytes.hex(bytes)) == bytes)
        #expect(SecretBytes.hex([0x0f, 0xa0]) == "0fa0")
        #expect(SecretBytes.decodeHex("0FA0") == [0x0f, 0xa0])
        for text in ["0", "0g", " 0f", "0x0f", "é0", "０f"] { #expect(SecretBytes.decodeHex(text) == nil) }
    }

    @Test(
        "Bytes are equal if all of them are",
        arguments: [
            ([], [], true), ([1], [], false), ([1, 2], [1, 2], true), ([1, 2], [1, 3], false),
            ([9, 2], [1, 2], false),
            ([0], [0, 0], false),
        ] as [([UInt8], [UInt8], Bool)])
    func equality(left: [UInt8], right: [UInt8], areEqual: Bool) {
        #expect(SecretBytes.areEqual(left, right) == areEqual)
    }

    @Test("Random bytes do not repeat")
    func random() {
        #expect(Set((0..<1000).map { _ in SecretBytes.random(12) }).count == 1000)
        #expect(SecretBytes.random(0).isEmpty)
    }
}
