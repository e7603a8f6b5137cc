import TestSupport
import Testing

@testable import JetwayPolicy

/// The tables that decisions look into, beside the same questions asked of each entry.
@Suite struct IndexTests {
    /// Texts over few letters, zeros among them, so that many begin alike and lengths pass eight.
    private static func text(_ random: inout SeededGenerator, longest: Int, shared: [UInt8]) -> [UInt8] {
        shared + (0..<random.below(longest + 1)).map { _ in [0, 1, 0x61, 0xFF][random.below(4)] }
    }

    @Test("Patterns are found as by asking each", arguments: (0..<20).map { UInt64($0) })
    func texts(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<30 {
            let shared = Self.text(&random, longest: 10, shared: [])
            var patterns: Set<TextPattern> = []
            for _ in 0..<random.below(60) {
                let bytes = Self.text(&random, longest: random.below(12), shared: shared)
                patterns.insert(TextPattern(bytes: bytes, isPrefix: random.chance(60)))
            }
            let list = Array(patterns)
            let index = TextIndex(list.enumerated().map { ($1, UInt32($0)) })
            for _ in 0..<60 {
                let text = Self.text(&random, longest: 14, shared: random.chance(90) ? shared : [])
                var found: [UInt32] = []
                text.withUnsafeBytes { index.forEachMatch(of: $0) { found.append($0) } }
                let expected = list.indices.filter { place in
                    list[place].isPrefix ? text.starts(with: list[place].bytes) : text == list[place].bytes
                }
                #expect(found.sorted() == expected.map { UInt32($0) })
            }
        }
    }

    @Test("Texts that are equal only by Unicode's equivalence are two")
    func equivalence() {
        let index = TextIndex([(TextPattern(parsing: "caf\u{E9}"), 1), (TextPattern(parsing: "cafe\u{301}"), 2)])
        for (text, expected) in [("caf\u{E9}", UInt32(1)), ("cafe\u{301}", 2)] {
            var found: [UInt32] = []
            index.forEachMatch(of: text) { found.append($0) }
            #expect(found == [expected])
        }
    }
}
