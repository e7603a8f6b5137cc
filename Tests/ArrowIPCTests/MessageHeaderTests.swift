import ArrowIPC
import TestSupport
import Testing

@Suite struct MessageHeaderTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let expected: MessageHeader

        init(
            _ name: String, _ bytes: [UInt8], _ kind: MessageHeader.Kind, rows: Int64 = 0, body: Int64 = 0,
            version: MetadataVersion = .v5
        ) {
            testDescription = name
            self.bytes = bytes
            expected = MessageHeader(version: version, kind: kind, rows: rows, bodyLength: body)
        }
    }

    static let cases = [
        Case("schema", PyArrowHeaders.schema, .schema),
        Case("batch", PyArrowHeaders.batch, .recordBatch, rows: 3, body: 56),
        Case("batch without rows", PyArrowHeaders.batchZeroRows, .recordBatch, body: 16),
        Case("schema of version 4", PyArrowHeaders.schemaV4, .schema, version: .v4),
        Case("batch of version 4", PyArrowHeaders.batchV4, .recordBatch, rows: 3, body: 56, version: .v4),
        Case("compressed batch", PyArrowHeaders.batchLz4, .recordBatch, rows: 3, body: 144),
        Case("dictionary", PyArrowHeaders.dictionary, .dictionaryBatch(isDelta: false), rows: 2, body: 24),
        Case("delta", PyArrowHeaders.dictionaryDelta, .dictionaryBatch(isDelta: true), rows: 1, body: 16),
        Case("tensor", PyArrowHeaders.tensor, .tensor, body: 48),
    ]

    @Test("The heads that pyarrow writes are read as what they are", arguments: cases)
    func pyarrow(_ test: Case) {
        #expect(test.bytes.withUnsafeBytes { MessageHeader.parse($0) } == test.expected)
    }

    @Test("A head is read at any alignment", arguments: 0..<8)
    func alignment(_ shift: Int) {
        let shifted = [UInt8](repeating: 0xff, count: shift) + PyArrowHeaders.batch
        let parsed = shifted.withUnsafeBytes { MessageHeader.parse(UnsafeRawBufferPointer(rebasing: $0[shift...])) }
        #expect(parsed?.rows == 3)
    }

    @Test("No bytes are no head, and a head that is cut off never gains rows", arguments: cases)
    func truncated(_ test: Case) {
        #expect(MessageHeader.parse(UnsafeRawBufferPointer(start: nil, count: 0)) == nil)
        for length in 0..<test.bytes.count {
            let parsed = test.bytes[..<length].withUnsafeBytes { MessageHeader.parse($0) }
            #expect(parsed == nil || parsed == test.expected, "cut to \(length) bytes")
        }
        #expect(test.bytes[..<8].withUnsafeBytes { MessageHeader.parse($0) } == nil)
    }

    @Test("A head with a length that is negative, or of an unknown version, is no head")
    func refused() throws {
        let batch = PyArrowHeaders.batch
        let rows = try #require(Self.position(of: 3, in: batch))
        let body = try #require(Self.position(of: 56, in: batch))
        for place in [rows, body] {
            var bytes = batch
            bytes[place + 7] = 0x80
            #expect(bytes.withUnsafeBytes { MessageHeader.parse($0) } == nil)
        }
        var bytes = batch
        bytes[rows + 6] = 0x7f
        let many: Int64 = 0x7f_0000_0000_0003
        #expect(bytes.withUnsafeBytes { MessageHeader.parse($0) }?.rows == many)

        let version = try #require(zip(batch, PyArrowHeaders.batchV4).enumerated().first { $1.0 != $1.1 }?.offset)
        bytes = batch
        bytes[version] = 5
        #expect(bytes.withUnsafeBytes { MessageHeader.parse($0) } == nil)
    }

    /// Where the little-endian 64-bit `value` stands for the first time.
    private static func position(of value: UInt8, in bytes: [UInt8]) -> Int? {
        let pattern = [value, 0, 0, 0, 0, 0, 0, 0]
        return bytes.indices.first { bytes[$0...].starts(with: pattern) }
    }

    @Test("Random and mutated bytes never trap, and what they say is never negative")
    func random() {
        var random = SeededGenerator(seed: 0x5eed)
        var parsed = 0
        for round in 0..<100_000 {
            var bytes: [UInt8]
            if round % 4 == 0 {
                bytes = (0..<Int.random(in: 0...96, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
            } else {
                bytes = Self.cases[round % Self.cases.count].bytes
                for _ in 0..<Int.random(in: 1...6, using: &random) {
                    bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                bytes.removeLast(Int.random(in: 0...8, using: &random))
            }
            guard let header = bytes.withUnsafeBytes({ MessageHeader.parse($0) }) else { continue }
            parsed += 1
            if header.rows < 0 || header.bodyLength < 0 { Issue.record("negative in round \(round)") }
        }
        #expect(parsed > 1000, "most mutations miss what is read")
    }
}
