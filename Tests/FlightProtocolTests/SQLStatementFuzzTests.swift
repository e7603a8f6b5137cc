import FlightProtocol
import TestSupport
import Testing

@Suite struct SQLStatementFuzzTests {
    static let pieces = [
        "SELECT", "WITH a AS (SELECT 1)", "EXPLAIN", "(", ")", " ", "\n", "\r", "'", "''", "\"", "`", "[", "]", "\\",
        "--",
        "-- ", "/*", "*/", "/*!", "#", ";", "$", "$$", "$1", "1", "1e", ".", "a", "q", "ü", "\0", "\u{2028}", ":=",
        "//",
        "FOR", "REPLACE", "USING", ",", "=", "SHOW", "TABLE", "x'1'",
    ]

    static let tricky = [
        "'", "\"", "`", "[", "]", "\\", "--", "-- ", "\n", "\r", "/*", "*/", "/*!", "#", "//", "$$", "a", "'a'",
    ]

    @Test("Random texts never trap", arguments: 1...2 as ClosedRange<UInt64>)
    func random(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var kinds: Set<SQLKind> = []
        for _ in 0..<100_000 {
            let text = (0..<random.below(14)).map { _ in Self.pieces[random.below(Self.pieces.count)] }.joined()
            kinds.insert(SQLStatement.kind(of: text))
        }
        #expect(kinds == [.read, .maybeWrite, .write])
    }

    /// Each dialect has a lexer of its own here, that knows nothing of the others.
    @Test(
        "What reads has its writing words in quotes or comments for every dialect",
        arguments: 1...4 as ClosedRange<UInt64>)
    func dialects(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var reading = 0
        for _ in 0..<150_000 {
            // Few sorts of pieces in one text meet more often.
            let few = (0..<3).map { _ in Self.tricky[random.below(Self.tricky.count)] } + [" "]
            var parts = (0..<random.below(10)).map { _ in few[random.below(few.count)] }
            parts.insert(" DROP ", at: random.below(parts.count + 1))
            let text = "SELECT " + parts.joined()
            guard SQLStatement.kind(of: text) == .read else { continue }
            reading += 1
            for dialect in SQLDialect.all where dialect.shows("DROP", in: text) {
                Issue.record("\(dialect.name) sees it in \(text.debugDescription)")
                return
            }
        }
        #expect(reading > 1000)
    }
}
