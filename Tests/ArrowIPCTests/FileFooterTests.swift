import NIOCore
import TestSupport
import Testing

@testable import ArrowIPC

/// Files whose footers do not tell the truth.
@Suite struct FileFooterTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let bytes: [UInt8]
        let problem: IPCProblem
        var testDescription: String { problem.description }

        init(_ bytes: [UInt8], _ offset: Int64, _ text: String) {
            self.bytes = bytes
            problem = IPCProblem(offset: offset, text: text)
        }
    }

    /// Four messages in a file: two dictionaries and two batches.
    private struct Content {
        var messages = MessageBytes(.file)
        private(set) var dictionaries: [Block] = []
        private(set) var batches: [Block] = []

        init() {
            for id in 0...1 as ClosedRange<Int64> {
                dictionaries.append(messages.append(.message(2, .dictionary(id: id, rows: 1), body: 8), body: 8))
            }
            for rows in 1...2 as ClosedRange<Int64> { batches.append(messages.append(rows: rows, body: 16)) }
        }

        var footerOffset: Int64 { Int64(messages.bytes.count) }

        func file(
            dictionaries: [Block]? = nil, batches: [Block]? = nil, schema: FlatPart.Slot = .part(.oneColumn),
            version: Int16 = 4
        ) -> [UInt8] {
            let footer = FlatPart.footer(
                schema: schema, dictionaries: dictionaries ?? self.dictionaries, batches: batches ?? self.batches,
                version: version)
            return messages.file(footer: footer)
        }
    }

    private static func with(_ block: Block, _ change: (inout Block) -> Void) -> Block {
        var block = block
        change(&block)
        return block
    }

    // MARK: Good

    @Test("Batches are read in the footer's order, wherever they lie, and none that it leaves out")
    func order() throws {
        let content = Content()
        let bytes = content.file(dictionaries: [content.dictionaries[1]], batches: content.batches.reversed())
        let index = try IPCIndex.read(MemorySource(ByteBuffer(bytes: bytes)))
        #expect(
            index.messages.map(\.offset)
                == [content.dictionaries[1], content.batches[1], content.batches[0]].map(\.offset))
        #expect(index.rows == 3 && index.batches == 2 && index.bodyBytes == 8 + 16 + 16)
    }

    @Test("A footer may say more of the schema than names and types", arguments: [3, 4] as [Int16])
    func schemas(_ version: Int16) throws {
        let more = FlatPart.schema([.field()], metadata: .part(.tables([.pair("k", "v")])))
        let bytes = Content().file(schema: .part(more), version: version)
        let index = try IPCIndex.read(MemorySource(ByteBuffer(bytes: bytes)))
        #expect(index.schema.metadata == [])
    }

    // MARK: Ends

    static let ends: [Case] = {
        let content = Content()
        let whole = content.file()
        let tail = Int64(whole.count - 10)
        func footer(length: Int32) -> [UInt8] {
            Array(whole.dropLast(10)) + length.littleEndianBytes + Array("ARROW1".utf8)
        }
        let magic: [UInt8] = Array("ARROW1".utf8)
        return [
            Case(magic, 6, "the file is cut"),
            Case(magic + [0, 0, 1, 0, 0, 0] + magic, 18, "the file is cut"),
            Case(
                Array(whole.dropLast()), tail + 3,
                "the file does not end with ARROW1: it is cut, or its writer was not closed"),
            Case(
                Array(PyArrowFiles.file.dropLast(500)), Int64(PyArrowFiles.file.count - 506),
                "the file does not end with ARROW1: it is cut, or its writer was not closed"),
            Case(footer(length: 0), tail, "the footer cannot be 0 bytes long"),
            Case(footer(length: -1), tail, "the footer cannot be -1 bytes long"),
            Case(footer(length: .max), tail, "the footer cannot be 2147483647 bytes long"),
            Case(footer(length: Int32(tail) - 7), tail, "the footer cannot be \(tail - 7) bytes long"),
            Case(footer(length: 3), tail - 3, "the footer is not a flatbuffer"),
            // Then the footer's place is that of the schema.
            Case(footer(length: Int32(tail) - 8), 8, "a message's length is cut"),
        ]
    }()

    // MARK: Blocks

    static let blocks: [Case] = {
        let content = Content()
        let (first, second) = (content.batches[0], content.batches[1])
        let footer = content.footerOffset
        func outside(_ block: Block, _ change: (inout Block) -> Void) -> Case {
            let block = with(block, change)
            return Case(
                content.file(batches: [first, block]), footer,
                "the footer has record batch 1 at \(block.offset), where it does not lie in the file")
        }
        return [
            outside(second) { $0.offset = 0 },
            outside(second) { $0.offset = -8 },
            outside(second) { $0.offset = .max },
            outside(second) { $0.offset = .min },
            outside(second) { $0.offset = footer },
            outside(second) { $0.metadataLength = 0 },
            outside(second) { $0.metadataLength = -8 },
            outside(second) { $0.metadataLength = .max },
            outside(second) { $0.bodyLength = -1 },
            outside(second) { $0.bodyLength = .max },
            outside(second) { $0.bodyLength += 1 },
            Case(
                content.file(dictionaries: [with(first) { $0.offset = 8 }]), footer,
                "the footer has dictionary 0 at 8, where it does not lie in the file"),
            Case(content.file(batches: [first, first]), first.offset, "the footer has two messages that share bytes"),
            Case(
                content.file(batches: [with(first) { $0.bodyLength += 1 }, second]), second.offset,
                "the footer has two messages that share bytes"),
            Case(
                content.file(dictionaries: [second], batches: [second]), second.offset,
                "the footer has two messages that share bytes"),
            Case(
                content.file(batches: [with(second) { $0.metadataLength -= 8 }]), second.offset,
                "a record batch is cut: a body of 16 bytes where there are 8"),
            Case(
                content.file(batches: [with(first) { $0.bodyLength -= 8 }]), first.offset,
                "a record batch is cut: a body of 16 bytes where there are 8"),
            Case(
                content.file(batches: [with(first) { $0.bodyLength += 8 }]), first.offset,
                "a record batch has a body of 16 bytes where the footer says 24"),
            Case(
                content.file(batches: [with(first) { ($0.metadataLength, $0.bodyLength) = ($0.metadataLength + 8, 16) }]
                ),
                first.offset,
                "a record batch has \(first.metadataLength) bytes of metadata and prefix where the footer says "
                    + "\(first.metadataLength + 8)"),
            Case(
                content.file(batches: [with(first) { $0.metadataLength = 16 }]), first.offset,
                "a message is cut: \(first.metadataLength - 8) bytes of metadata where there are 24"),
            Case(
                content.file(batches: [with(first) { ($0.metadataLength, $0.bodyLength) = (4, 0) }]), first.offset,
                "a message's length is cut"),
        ]
    }()

    // MARK: Messages

    static let messages: [Case] = {
        var content = Content()
        let (dictionary, batch) = (content.dictionaries[0], content.batches[0])
        let tensor = content.messages.append(.message(4, .table()))
        let again = content.messages.append(.message(2, .dictionary(id: 0, rows: 1)))
        let delta = content.messages.append(.message(2, .dictionary(id: 0, rows: 1, isDelta: 1)))
        let end = Int64(content.messages.bytes.count)
        content.messages.append([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])
        let mark = Block(offset: end, metadataLength: 8, bodyLength: 0)
        return [
            Case(
                content.file(dictionaries: [batch], batches: []), batch.offset,
                "a record batch where the footer has a dictionary"),
            Case(
                content.file(dictionaries: [], batches: [dictionary]), dictionary.offset,
                "a dictionary where the footer has a record batch"),
            Case(content.file(batches: [tensor]), tensor.offset, "a tensor where the footer has a record batch"),
            Case(
                content.file(dictionaries: [dictionary, delta, again]), again.offset,
                "a dictionary with the id 0 for the second time, which only a stream may have"),
            Case(content.file(batches: [mark]), end, "the end of the stream, where the footer has a message"),
        ]
    }()

    // MARK: The footer's own fields

    static let fields: [Case] = {
        let content = Content()
        let footer = content.footerOffset
        let schema = FlatPart.schema([.field()], endianness: 5)
        let broken = content.file(schema: .part(schema))
        let another = "the footer's schema is not that of the schema message"
        return [
            Case(
                content.file(version: 2), footer,
                "the footer has metadata version 3, which is too old: 4 and 5 are read"),
            Case(content.file(version: 5), footer, "the footer has the unknown metadata version 6"),
            Case(content.file(version: -1), footer, "the footer has the unknown metadata version 0"),
            Case(content.file(schema: .outside), footer, "the footer has no schema"),
            Case(
                content.messages.file(footer: .table([0: .scalar(Int16(4))])), footer, "the footer has no schema"),
            Case(broken, footer + Int64(schema.position), "a schema has the unknown endianness 5"),
            Case(content.file(schema: .part(.schema([.field("g")]))), footer, another),
            Case(content.file(schema: .part(.schema([.field(), .field()]))), footer, another),
            Case(content.file(schema: .part(.schema([.field()], endianness: 1))), footer, another),
        ]
    }()

    @Test(
        "A file whose footer does not fit is refused with what and where", arguments: ends + blocks + messages + fields)
    func refused(_ test: Case) {
        #expect(throws: test.problem) { try IPCIndex.read(MemorySource(ByteBuffer(bytes: test.bytes))) }
    }
}
