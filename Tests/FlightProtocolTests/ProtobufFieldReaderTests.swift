import FlightProtocol
import TestSupport
import Testing

@Suite struct ProtobufFieldReaderTests {
    typealias Problem = ProtobufFieldReader.Problem
    typealias Field = ProtobufFieldReader.Field

    static func fields(_ bytes: [UInt8]) throws(Problem) -> [Field] {
        let result = bytes.withUnsafeBytes { view -> Result<[Field], Problem> in
            var reader = ProtobufFieldReader(view)
            var fields: [Field] = []
            do throws(Problem) {
                while let field = try reader.next() { fields.append(field) }
            } catch {
                return .failure(error)
            }
            return .success(fields)
        }
        return try result.get()
    }

    @Test("Each wire type is read with its number and its place")
    func wireTypes() throws {
        let bytes: [UInt8] =
            [0x08, 0xac, 0x02] + [0x11, 1, 2, 3, 4, 5, 6, 7, 8] + [0x1a, 2, 0x61, 0x62] + [0x25, 1, 2, 3, 4]
            + [0xc2, 0x3e, 0]
        #expect(
            try Self.fields(bytes) == [
                Field(number: 1, wireType: .varint, range: 0..<3, value: 1..<3),
                Field(number: 2, wireType: .fixed64, range: 3..<12, value: 4..<12),
                Field(number: 3, wireType: .lengthDelimited, range: 12..<16, value: 14..<16),
                Field(number: 4, wireType: .fixed32, range: 16..<21, value: 17..<21),
                Field(number: 1000, wireType: .lengthDelimited, range: 21..<24, value: 24..<24),
            ])
        try bytes.withUnsafeBytes { view in
            var reader = ProtobufFieldReader(view)
            let number = try #require(try reader.next())
            #expect(reader.varint(of: number) == 300)
            _ = try reader.next()
            let text = try #require(try reader.next())
            #expect(Array(reader.bytes(of: text)) == [0x61, 0x62])
        }
        #expect(try Self.fields([]).isEmpty)
    }

    @Test("The widest numbers are read")
    func widest() throws {
        let minusOne: [UInt8] = [0x08] + [UInt8](repeating: 0xff, count: 9) + [0x01]
        let value = try minusOne.withUnsafeBytes { view in
            var reader = ProtobufFieldReader(view)
            return reader.varint(of: try #require(try reader.next()))
        }
        #expect(value == .max)
        #expect(try Self.fields([0xf8, 0xff, 0xff, 0xff, 0x0f, 0]).first?.number == 1 << 29 - 1)
    }

    @Test(
        "A message that parsers could read differently is refused for what it is",
        arguments: [
            ([0x08], .truncated), ([0x08, 0x80], .truncated), ([0x0a, 2, 0], .truncated), ([0x0a], .truncated),
            ([0x11, 0, 0, 0, 0, 0, 0, 0], .truncated), ([0x25, 0, 0, 0], .truncated), ([0x88], .truncated),
            ([0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], .truncated),
            ([0x88, 0x00, 0], .overlongVarint), ([0x0a, 0x80, 0x00], .overlongVarint),
            ([0x08] + [UInt8](repeating: 0xff, count: 9) + [0x02], .overlongVarint),
            ([0x08] + [UInt8](repeating: 0x80, count: 10) + [0x01], .overlongVarint),
            ([0x0b], .group), ([0x0c], .group), ([0x0e], .unknownWireType), ([0x0f], .unknownWireType),
            ([0x00, 0], .fieldNumber), ([0x02, 0], .fieldNumber),
            ([0x80, 0x80, 0x80, 0x80, 0x10, 0], .fieldNumber),
        ] as [([UInt8], Problem)])
    func refused(_ bytes: [UInt8], _ problem: Problem) {
        #expect(throws: problem) { try Self.fields(bytes) }
    }

    @Test("Random bytes never trap, and the fields that are read follow each other without a gap")
    func random() {
        var random = SeededGenerator(seed: 6)
        var fieldsRead = 0
        for _ in 0..<100_000 {
            let bytes = (0..<Int.random(in: 0...24, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random) & 0x3f
            }
            guard let fields = try? Self.fields(bytes) else { continue }
            fieldsRead += fields.count
            var end = 0
            for field in fields {
                if field.range.lowerBound != end || field.value.upperBound != field.range.upperBound
                    || field.value.lowerBound <= end
                {
                    Issue.record("\(bytes) gave \(field)")
                    return
                }
                end = field.range.upperBound
            }
            #expect(end == bytes.count)
        }
        #expect(fieldsRead > 1000)
    }

    @Test("The name of an Any is what stands behind the last slash of its URL")
    func anyTypeName() {
        #expect(AnyTypeName(typeURL: "type.googleapis.com/a.b.C")?.description == "a.b.C")
        #expect(AnyTypeName(typeURL: "/a.b.C")?.description == "a.b.C")
        #expect(AnyTypeName(typeURL: "x/y/a.b.C")?.description == "a.b.C")
        #expect(AnyTypeName(typeURL: "a.b.C") == nil)
        #expect(AnyTypeName(typeURL: "x/") == nil)
        #expect(AnyTypeName(typeURL: "") == nil)
    }
}
