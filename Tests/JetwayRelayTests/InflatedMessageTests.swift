import NIOCore
import Testing

@testable import JetwayRelay

/// The compressed forms were made with Python's gzip and zlib.
@Suite("Compressed messages that are looked at")
struct InflatedMessageTests {
    /// "hello hello hello hello".
    private static let text = ByteBuffer(string: "hello hello hello hello")
    private static let gzip: [UInt8] = [
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x40,
        0x27, 0x01, 0xe3, 0x51, 0x3d, 0x8d, 0x17, 0x00, 0x00, 0x00,
    ]
    private static let deflate: [UInt8] = [
        0x78, 0x9c, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x40, 0x27, 0x01, 0x68, 0x03, 0x08, 0xb1,
    ]

    @Test("both encodings of gRPC are read", arguments: [("gzip", gzip), ("deflate", deflate)])
    func reads(encoding: String, bytes: [UInt8]) throws {
        #expect(try InflatedMessage.inflate(ByteBuffer(bytes: bytes), encoding: encoding, limit: 23) == Self.text)
    }

    @Test("a message that inflates to more than the limit is refused", arguments: [0, 1, 22])
    func tooLarge(limit: Int) {
        #expect(throws: InflatedMessage.Problem.tooLarge) {
            try InflatedMessage.inflate(ByteBuffer(bytes: Self.gzip), encoding: "gzip", limit: limit)
        }
    }

    @Test("what is cut, changed or followed by something is damaged")
    func damaged() {
        var damaged = [[], Array(Self.gzip.dropLast()), Self.gzip + [0], Array(Self.gzip.reversed())]
        for index in Self.deflate.indices {
            var bytes = Self.deflate
            bytes[index] ^= 0xff
            damaged.append(bytes)
        }
        for bytes in damaged {
            #expect(throws: InflatedMessage.Problem.self) {
                try InflatedMessage.inflate(ByteBuffer(bytes: bytes), encoding: "gzip", limit: 1000)
            }
        }
    }

    @Test("an encoding that is not known is said to be so", arguments: ["identity", "br", ""])
    func unknown(encoding: String) {
        #expect(throws: InflatedMessage.Problem.unknownEncoding) {
            try InflatedMessage.inflate(ByteBuffer(bytes: Self.gzip), encoding: encoding, limit: 1000)
        }
    }
}
