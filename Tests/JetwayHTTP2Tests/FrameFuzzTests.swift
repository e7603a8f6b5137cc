import NIOCore
import TestSupport
import Testing

@testable import JetwayHTTP2

@Suite("Any bytes at all")
struct FrameFuzzTests {
    /// A valid start of a connection, to be mutated.
    static let seeds: [[UInt8]] =
        FrameParserTests.cases.map(\.bytes) + FrameFaultTests.cases.map { Array($0.bytes.prefix(64)) }

    private static func sequence(_ numbers: inout SeededGenerator) -> [UInt8] {
        var bytes = Bool.random(using: &numbers) ? Wire.settings : []
        for _ in 0..<Int.random(in: 1...4, using: &numbers) {
            switch Int.random(in: 0..<4, using: &numbers) {
            case 0:
                let length = Int.random(in: 0...40, using: &numbers)
                let payload = (0..<length).map { _ in UInt8.random(in: 0...255, using: &numbers) }
                bytes += Wire.frame(
                    UInt8.random(in: 0...11, using: &numbers), flags: UInt8.random(in: 0...255, using: &numbers),
                    stream: UInt32.random(in: 0...3, using: &numbers), payload)
            case 1:
                bytes += (0..<Int.random(in: 0...30, using: &numbers)).map { _ in
                    UInt8.random(in: 0...255, using: &numbers)
                }
            default:
                var seed = Self.seeds.randomElement(using: &numbers) ?? []
                if seed.count < 256 || Int.random(in: 0..<50, using: &numbers) == 0 {
                    for _ in 0..<Int.random(in: 0...2, using: &numbers) where !seed.isEmpty {
                        seed[Int.random(in: 0..<seed.count, using: &numbers)] = UInt8.random(
                            in: 0...255, using: &numbers)
                    }
                    bytes += seed
                }
            }
        }
        return bytes
    }

    /// What a parser makes of chunks, with the fault at the end if there is one.
    private static func outcome(_ chunks: [[UInt8]], preface: Bool) -> (events: [FrameEvent], fault: ConnectionFault?) {
        var parser = Wire.parser(preface: preface)
        var events: [FrameEvent] = []
        do {
            for chunk in chunks {
                var input = ByteBuffer(bytes: chunk)
                while let event = try parser.next(&input) { events.append(event) }
                #expect(input.readableBytes == 0)
            }
            return (Wire.joined(events), nil)
        } catch {
            return (Wire.joined(events), error)
        }
    }

    @Test("No frame sequence traps, and how it is cut changes nothing", arguments: 0..<10 as Range<UInt64>)
    func sequences(seed: UInt64) {
        var numbers = SeededGenerator(seed: seed)
        for round in 0..<10_000 {
            let preface = Int.random(in: 0..<10, using: &numbers) == 0
            let bytes = (preface ? ByteBuffer.preface : []) + Self.sequence(&numbers)
            let whole = Self.outcome([bytes], preface: preface)
            var places = (0..<3).map { _ in Int.random(in: 0...bytes.count, using: &numbers) }
            places.sort()
            let cut = Self.outcome(Wire.split(bytes, at: places), preface: preface)
            guard whole.events == cut.events, whole.fault == cut.fault else {
                Issue.record("seed \(seed), round \(round): \(bytes) cut at \(places)")
                return
            }
        }
    }
}
