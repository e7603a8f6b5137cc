import NIOCore
import TestSupport
import Testing

@testable import ArrowIPC

/// Whatever the bytes of a file or a stream are, they are read or refused, and never trap.
@Suite struct IPCMutationTests {
    /// Reads what it can, and checks that what was read lies inside.
    private static func check(_ bytes: [UInt8], _ change: @autoclosure () -> String) -> Bool {
        let source = RecordingSource(bytes)
        let size = Int64(bytes.count)
        var isGood = true
        var isRead = false
        do {
            let index = try IPCIndex.read(source)
            isRead = true
            isGood =
                index.rows >= 0 && index.bodyBytes >= 0 && index.bodyBytes <= size
                && index.messages.allSatisfy { $0.offset >= 0 && $0.bodyLength >= 0 && $0.end <= size }
            _ = index.schema.description
        } catch let problem as IPCProblem {
            isGood = (0...size).contains(problem.offset)
        } catch {
            isGood = false
        }
        if !isGood || !source.reads.allSatisfy({ $0.lowerBound >= 0 && $0.upperBound <= size }) {
            Issue.record("\(change())")
        }
        return isRead
    }

    @Test("Any byte may be any other", arguments: IPCIndexTests.cases)
    func bytes(_ test: IPCIndexTests.Case) {
        var read = 0
        for place in test.bytes.indices {
            for mask: UInt8 in [1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0xff] {
                var bytes = test.bytes
                bytes[place] ^= mask
                if Self.check(bytes, "byte \(place) xor \(mask)") { read += 1 }
            }
        }
        // Bodies and padding are not looked at.
        #expect(read > 0 && read < 9 * test.bytes.count)
    }

    @Test("Bytes may be changed, cut off, taken out and doubled at random", arguments: 0..<20)
    func random(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var read = 0
        for round in 0..<2000 {
            var bytes = IPCIndexTests.cases[random.below(IPCIndexTests.cases.count)].bytes
            for _ in 0...random.below(4) where !bytes.isEmpty {
                let place = random.below(bytes.count)
                let end = place + random.below(min(bytes.count - place, 64))
                switch random.below(6) {
                case 0: bytes.removeLast(random.below(min(bytes.count, 100)))
                case 1: bytes.removeSubrange(place..<end)
                case 2: bytes.insert(contentsOf: bytes[place..<end], at: place)
                case 3:
                    bytes.replaceSubrange(
                        place..<end, with: repeatElement(random.chance(50) ? 0 : 0xff, count: end - place))
                default: bytes[place] = UInt8(random.below(256))
                }
            }
            if Self.check(bytes, "round \(round)") { read += 1 }
        }
        #expect(read > 20, "most changes miss what is read")
    }

    @Test("Any byte of a schema of all types may be any other")
    func schema() {
        var read = 0
        for place in PyArrowSchemas.message.indices {
            for mask: UInt8 in [1, 4, 0x80, 0xff] {
                var bytes = PyArrowSchemas.message
                bytes[place] ^= mask
                do {
                    _ = try ArrowSchema.parse(message: ByteBuffer(bytes: bytes)).description
                    read += 1
                } catch {
                    #expect((0...Int64(bytes.count)).contains(error.offset), "byte \(place) xor \(mask)")
                }
            }
        }
        #expect(read > 100 && read < 4 * PyArrowSchemas.message.count)
    }
}
