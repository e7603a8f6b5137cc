import FlightProtocol
import NIOCore
import TestSupport
import Testing

@Suite struct GRPCMessageAssemblerTests {
    /// What the assembler made of a direction that came in these chunks.
    private struct Outcome: Equatable {
        var messages: [ByteBuffer] = []
        var problem: GRPCMessageAssembler.Problem?
        var isAtBoundary = false
    }

    private static func assemble(_ chunks: [ByteBuffer], limit: Int = .max) -> Outcome {
        var assembler = GRPCMessageAssembler(limit: limit)
        var outcome = Outcome()
        do {
            for chunk in chunks { try assembler.consume(chunk) { outcome.messages.append($0) } }
        } catch {
            outcome.problem = error
        }
        outcome.isAtBoundary = assembler.isAtMessageBoundary
        return outcome
    }

    private static func wire(_ messages: [ByteBuffer], isCompressed: Bool = false) -> ByteBuffer {
        messages.reduce(into: ByteBuffer()) { wire, message in
            let prefix = GRPCMessagePrefix(isCompressed: isCompressed, length: UInt32(message.readableBytes))
            wire.writeGRPCMessagePrefix(prefix)
            wire.writeImmutableBuffer(message)
        }
    }

    private static func prefix(_ length: UInt32, isCompressed: Bool = false) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeGRPCMessagePrefix(GRPCMessagePrefix(isCompressed: isCompressed, length: length))
        return buffer
    }

    private static let messages = ["", "abc", "", "d", String(repeating: "e", count: 300), ""].map(
        ByteBuffer.init(string:))

    @Test("The same messages come out wherever the direction is cut in three")
    func cuts() {
        let wire = Self.wire(Self.messages)
        let expected = Outcome(messages: Self.messages, isAtBoundary: true)
        for first in 0...wire.readableBytes {
            for second in stride(from: first, through: wire.readableBytes, by: 7) {
                var rest = wire
                let chunks = [first, second - first].compactMap { rest.readSlice(length: $0) } + [rest]
                if Self.assemble(chunks) != expected { Issue.record("cut at \(first) and \(second)") }
            }
        }
    }

    @Test("Messages of all sizes come out of random pieces as they went in", arguments: 0..<50)
    func random(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let messages = (0..<20).map { _ in
            let count = random.below(random.chance(20) ? 20_000 : 40)
            return ByteBuffer(bytes: (0..<count).map { _ in UInt8(random.below(256)) })
        }
        var rest = Self.wire(messages)
        var chunks: [ByteBuffer] = []
        while rest.readableBytes > 0 {
            guard let chunk = rest.readSlice(length: min(rest.readableBytes, random.below(seed == 0 ? 2 : 9000))) else {
                break
            }
            chunks.append(random.chance(50) ? chunk : ByteBuffer(bytes: chunk.readableBytesView))
        }
        #expect(Self.assemble(chunks) == Outcome(messages: messages, isAtBoundary: true))
    }

    @Test("A direction that ends inside a message is not at a boundary, and its part does not come out")
    func incomplete() {
        let wire = Self.wire([ByteBuffer(string: "abc"), ByteBuffer(string: "def")])
        let ends = [0, 8, 16]
        for length in 0...16 {
            let outcome = Self.assemble([wire.getSlice(at: 0, length: length) ?? ByteBuffer()])
            #expect(outcome.isAtBoundary == ends.contains(length), "\(length) bytes")
            #expect(outcome.messages.count == length / 8, "\(length) bytes")
            #expect(outcome.problem == nil)
        }
    }

    @Test("A message that lies whole in a chunk shares its memory; one that does not has memory of its own")
    func memory() {
        let wire = Self.wire([ByteBuffer(repeating: 1, count: 100_000), ByteBuffer(repeating: 2, count: 100)])
        let whole = Self.assemble([wire])
        #expect(whole.messages.allSatisfy { $0.storageCapacity == wire.storageCapacity })
        var rest = wire
        let first = rest.readSlice(length: 50_000) ?? ByteBuffer()
        let pieces = Self.assemble([first, rest])
        #expect(pieces.messages == whole.messages)
        #expect(pieces.messages.first.map { $0.storageCapacity < 140_000 } == true)
    }

    // MARK: What is refused

    @Test("A message may have as many bytes as the limit, and is refused at its prefix if it has one more")
    func limit() {
        for length in [0, 1, 10] {
            let message = ByteBuffer(repeating: 7, count: length)
            let problem = GRPCMessageAssembler.Problem.tooLarge(length: length + 1, limit: length)
            #expect(Self.assemble([Self.wire([message])], limit: length).messages == [message])
            #expect(Self.assemble([Self.prefix(UInt32(length + 1))], limit: length).problem == problem)
            #expect(
                Self.assemble([Self.wire([ByteBuffer(repeating: 7, count: length + 1)])], limit: length).problem
                    == problem)
        }
    }

    @Test("Messages before one that is refused come out; nothing behind it does", arguments: 0...31)
    func refused(_ cut: Int) {
        var wire = Self.wire([ByteBuffer(string: "one"), ByteBuffer(string: "two")])
        wire.writeImmutableBuffer(Self.wire([ByteBuffer(string: "too long")]))
        wire.writeImmutableBuffer(Self.wire([ByteBuffer(string: "x")]))
        let first = wire.readSlice(length: min(cut, wire.readableBytes)) ?? ByteBuffer()
        let outcome = Self.assemble([first, wire], limit: 3)
        #expect(outcome.messages == [ByteBuffer(string: "one"), ByteBuffer(string: "two")])
        #expect(outcome.problem == .tooLarge(length: 8, limit: 3))
    }

    @Test("All parts of a message that is refused are refused")
    func again() {
        var assembler = GRPCMessageAssembler(limit: 3)
        var messages = 0
        for chunk in [Self.prefix(4), ByteBuffer(string: "ab"), ByteBuffer(string: "cd")] {
            let problem = #expect(throws: GRPCMessageAssembler.Problem.self) {
                try assembler.consume(chunk) { _ in messages += 1 }
            }
            #expect(problem == .tooLarge(length: 4, limit: 3))
        }
        #expect(messages == 0)
    }

    @Test("A compressed message is refused at its prefix, also one of no bytes and one that is too long")
    func compressed() {
        for length: UInt32 in [0, 1, .max] {
            let outcome = Self.assemble([Self.prefix(length, isCompressed: true)], limit: 5)
            #expect(outcome.problem == .compressed)
            #expect(outcome.messages.isEmpty)
        }
        var wire = Self.prefix(1, isCompressed: true)
        wire.writeInteger(UInt8(0))
        let bytes = wire.readableBytesView.map { ByteBuffer(bytes: [$0]) }
        #expect(Self.assemble(Array(bytes[..<4])).problem == nil)
        #expect(Self.assemble(bytes).problem == .compressed)
    }

    @Test("T45: a prefix that announces 4 GiB allocates nothing, and the bytes behind it 4 MiB at most")
    func hugePrefix() throws {
        func reserved(_ assembler: GRPCMessageAssembler) throws -> Int {
            try #require(Mirror(reflecting: assembler).descendant("partial") as? ByteBuffer).storageCapacity
        }
        var assembler = GRPCMessageAssembler(limit: .max)
        try assembler.consume(Self.prefix(.max)) { _ in }
        #expect(!assembler.isAtMessageBoundary)
        #expect(try reserved(assembler) == 0)
        try assembler.consume(ByteBuffer(bytes: [1])) { _ in }
        let few = try reserved(assembler)
        #expect(few > 0 && few <= 4 << 20)
        try assembler.consume(ByteBuffer(repeating: 1, count: 5 << 20)) { _ in }
        #expect(try reserved(assembler) <= 16 << 20)
    }

    @Test("Problems are told in words for the other side")
    func words() {
        let problem = GRPCMessageAssembler.Problem.tooLarge(length: 5, limit: 4)
        #expect("\(problem)" == "a message of 5 bytes is over the limit of 4")
        #expect("\(GRPCMessageAssembler.Problem.compressed)" == "compressed messages are not supported")
    }
}
