import NIOCore
import TestSupport
import Testing

@testable import ArrowIPC

/// What the heads of a file or stream say, of bytes that pyarrow wrote.
@Suite struct IPCIndexTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let format: IPCIndex.Format
        var schema = "a: int64\nb: string"
        /// Kind and rows of each message.
        let messages: [(MessageHeader.Kind, Int64)]
        let bodyBytes: Int64
    }

    private static let coded = "d: dictionary<values=string, indices=int8, ordered=0>"
    private static let dictionary = MessageHeader.Kind.dictionaryBatch(isDelta: false)
    private static let delta = MessageHeader.Kind.dictionaryBatch(isDelta: true)

    static let cases = [
        Case(
            testDescription: "stream", bytes: PyArrowFiles.stream, format: .stream,
            messages: [(.recordBatch, 3), (.recordBatch, 0), (.recordBatch, 2)], bodyBytes: 56 + 16 + 56),
        Case(
            testDescription: "file", bytes: PyArrowFiles.file, format: .file,
            messages: [(.recordBatch, 3), (.recordBatch, 0), (.recordBatch, 2)], bodyBytes: 56 + 16 + 56),
        Case(
            testDescription: "old stream", bytes: PyArrowFiles.oldStream, format: .stream,
            messages: [(.recordBatch, 3)], bodyBytes: 56),
        Case(
            testDescription: "compressed file", bytes: PyArrowFiles.compressedFile, format: .file,
            messages: [(.recordBatch, 3)], bodyBytes: 144),
        Case(
            testDescription: "empty file", bytes: PyArrowFiles.emptyFile, format: .file, messages: [], bodyBytes: 0),
        Case(
            testDescription: "delta stream", bytes: PyArrowFiles.deltaStream, format: .stream, schema: coded,
            messages: [(dictionary, 2), (.recordBatch, 2), (delta, 1), (.recordBatch, 3)], bodyBytes: 24 + 8 + 16 + 8),
        Case(
            testDescription: "delta file", bytes: PyArrowFiles.deltaFile, format: .file, schema: coded,
            messages: [(dictionary, 2), (delta, 1), (.recordBatch, 2), (.recordBatch, 3)], bodyBytes: 24 + 8 + 16 + 8),
        Case(
            testDescription: "stream with a dictionary replaced", bytes: PyArrowFiles.replacedStream, format: .stream,
            schema: coded, messages: [(dictionary, 2), (.recordBatch, 2), (dictionary, 1), (.recordBatch, 1)],
            bodyBytes: 24 + 8 + 16 + 8),
    ]

    @Test("Messages are found in the order of a stream, and summed up", arguments: cases)
    func summary(_ test: Case) throws {
        let index = try IPCIndex.read(MemorySource(ByteBuffer(bytes: test.bytes)))
        #expect(index.format == test.format)
        #expect(index.schema.description == test.schema)
        #expect(index.messages.map(\.header.kind) == test.messages.map(\.0))
        #expect(index.messages.map(\.header.rows) == test.messages.map(\.1))
        let batches = test.messages.filter { $0.0 == .recordBatch }
        #expect(index.batches == batches.count)
        #expect(index.rows == batches.reduce(0) { $0 + $1.1 })
        #expect(index.bodyBytes == test.bodyBytes)
    }

    @Test("Where the index says that a message lies, there is that message", arguments: cases)
    func places(_ test: Case) throws {
        let index = try IPCIndex.read(MemorySource(ByteBuffer(bytes: test.bytes)))
        for place in index.messages {
            let metadata = test.bytes[Int(place.metadataOffset)..<Int(place.bodyOffset)]
            #expect(metadata.withUnsafeBytes { MessageHeader.parse($0) } == place.header)
            #expect(place.end == place.bodyOffset + place.header.bodyLength)
            #expect(place.end <= test.bytes.count)
            let marked = test.bytes[Int(place.offset)...].starts(with: [0xff, 0xff, 0xff, 0xff])
            #expect(place.metadataOffset - place.offset == (marked ? 8 : 4))
        }
        #expect(try ArrowSchema.parse(message: index.schemaMessage) == index.schema)
    }

    @Test("Both formats of the same batches have the same schema message, rows and bodies")
    func formats() throws {
        let stream = try IPCIndex.read(MemorySource(ByteBuffer(bytes: PyArrowFiles.stream)))
        let file = try IPCIndex.read(MemorySource(ByteBuffer(bytes: PyArrowFiles.file)))
        #expect(stream.schemaMessage == file.schemaMessage)
        #expect(stream.messages.map(\.header) == file.messages.map(\.header))
    }

    @Test("A stream may end without its mark, and what follows the mark is not looked at", arguments: cases)
    func ends(_ test: Case) throws {
        guard test.format == .stream else { return }
        let whole = try IPCIndex.read(MemorySource(ByteBuffer(bytes: test.bytes)))
        let end = Int(try #require(whole.messages.last).end)
        #expect(try IPCIndex.read(MemorySource(ByteBuffer(bytes: test.bytes[..<end]))) == whole)
        #expect(try IPCIndex.read(MemorySource(ByteBuffer(bytes: test.bytes + [1, 2, 3]))) == whole)
    }

    @Test(
        "A stream that is cut between two messages gives those before; cut inside one it is refused", arguments: cases)
    func cutStream(_ test: Case) throws {
        guard test.format == .stream else { return }
        let whole = try IPCIndex.read(MemorySource(ByteBuffer(bytes: test.bytes)))
        var counts = Dictionary(uniqueKeysWithValues: whole.messages.enumerated().map { (Int($1.end), $0 + 1) })
        counts[Int(try #require(whole.messages.first).offset)] = 0
        counts[test.bytes.count] = whole.messages.count
        for length in 0...test.bytes.count {
            let source = MemorySource(ByteBuffer(bytes: test.bytes[..<length]))
            if let count = counts[length] {
                #expect(try IPCIndex.read(source).messages == Array(whole.messages[..<count]), "cut to \(length)")
            } else {
                #expect(throws: IPCProblem.self, "cut to \(length)") { try IPCIndex.read(source) }
            }
        }
    }

    @Test("A file that is cut anywhere is refused", arguments: cases)
    func cutFile(_ test: Case) {
        guard test.format == .file else { return }
        for length in 0..<test.bytes.count {
            let source = MemorySource(ByteBuffer(bytes: test.bytes[..<length]))
            #expect(throws: IPCProblem.self, "cut to \(length)") { try IPCIndex.read(source) }
        }
    }

    @Test("Bodies are not read")
    func bodies() throws {
        var messages = MessageBytes(.stream)
        var bodies: [Range<Int64>] = []
        for _ in 0..<3 {
            let block = messages.append(rows: 1, body: 100_000)
            bodies.append(block.offset + Int64(block.metadataLength)..<Int64(messages.bytes.count))
        }
        let source = RecordingSource(messages.bytes)
        #expect(try IPCIndex.read(source).rows == 3)
        let read = source.reads.reduce(0) { $0 + $1.count }
        #expect(read <= 4 * MessageReader<RecordingSource>.span)
        for body in bodies { #expect(source.reads.allSatisfy { !$0.contains(body.upperBound - 1) }) }
    }

    @Test("The schema message is kept in memory of its own, not with all that was read")
    func schemaMessage() throws {
        let index = try IPCIndex.read(MemorySource(ByteBuffer(bytes: PyArrowFiles.stream)))
        #expect(index.schemaMessage.storageCapacity < 512)
    }
}
