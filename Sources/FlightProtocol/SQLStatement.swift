/// Tells what a text of SQL does, for any server that may run it.
package enum SQLStatement {
    /// The kind of a statement: `read`, `write` or `maybeWrite`.
    ///
    /// It is `read` only if the text is one statement whose first word is in a closed list (`SELECT`, `VALUES`, `TABLE`,
    /// `FROM`, `SHOW`, `DESCRIBE`, `DESC`; `WITH` and `EXPLAIN` of one of them), with no word that writes outside quotes
    /// and comments, and if every dialect finds the same quotes and comments in it. It is `write` if its first word says
    /// so. Of everything else nobody can tell.
    ///
    /// What a function does cannot be known: `SELECT nextval('s')` and `SELECT pg_terminate_backend(7)` are `read`, as is
    /// what a view or a table function does. Only the server's own rights can refuse them.
    ///
    /// Time is linear in the text; nothing is kept of it.
    package static func kind(of text: String) -> SQLKind {
        var text = text
        return text.withUTF8 { utf8 in
            var lexer = SQLLexer(utf8)
            var reading = SQLReading()
            do throws(SQLLexer.Doubt) {
                while let token = try lexer.next() {
                    if let kind = reading.take(token) { return kind }
                }
                return reading.end()
            } catch {
                return .maybeWrite
            }
        }
    }
}

/// Follows the tokens of a statement for as long as it only reads.
private struct SQLReading {
    private enum Place {
        /// Before the first word.
        case start
        /// Behind EXPLAIN, before the statement.
        case explain
        /// Behind EXPLAIN's opening parenthesis: of options, or of a query.
        case explainOpened
        /// Among EXPLAIN's options in parentheses.
        case explainOptions
        /// Behind WITH, before the query that uses it.
        case with
        /// In a statement that reads.
        case body
        /// Behind the semicolon.
        case ended
    }

    private var place = Place.start
    private var depth = 0
    /// The depth of WITH's own query.
    private var base = 0
    private var previous: SQLLexer.Token?
    private var isShow = false
    /// Whether the word before writes unless a parenthesis follows.
    private var isBare = false

    /// Takes the next token; a kind if it decides.
    mutating func take(_ token: SQLLexer.Token) -> SQLKind? {
        defer { previous = token }
        if place == .start, case .word(let word) = token, SQLWord.writingFirst.contains(word) { return .write }
        guard !writes(token), follow(token) else { return .maybeWrite }
        isBare = if case .word(let word) = token { SQLWord.writingBare.contains(word) } else { false }
        return nil
    }

    func end() -> SQLKind {
        let isWhole = place == .body || place == .ended
        return isWhole && depth == 0 && !isBare ? .read : .maybeWrite
    }

    /// Whether the token writes, or makes the one before it write.
    private func writes(_ token: SQLLexer.Token) -> Bool {
        if isBare, token != .punctuation(UInt8(ascii: "(")) { return true }
        switch token {
        case .word("CREATE") where isShow && previous == .word("SHOW"): return false
        case .word(let word):
            if case .word(let first) = previous, SQLWord.isWriting(first, word) { return true }
            return SQLWord.writing.contains(word)
        // A script that rows are sent through (Spark, Hive).
        case .literal, .quoted: return previous == .word("USING") && token == .literal
        case .number, .punctuation: return false
        }
    }

    /// Moves to the next place; false if the statement is none that is known to read.
    private mutating func follow(_ token: SQLLexer.Token) -> Bool {
        switch token {
        case .punctuation(UInt8(ascii: ";")):
            guard place == .body, depth == 0 else { return false }
            place = .ended
            return true
        case .punctuation(UInt8(ascii: "(")): depth += 1
        case .punctuation(UInt8(ascii: ")")):
            depth -= 1
            if depth < 0 { return false }
        case .word, .number, .literal, .quoted, .punctuation: break
        }
        switch place {
        case .start: return followStart(token)
        case .explain, .explainOpened: return followExplain(token)
        case .explainOptions:
            if depth == 0 { place = .explain }
            return true
        case .with:
            if case .word(let word) = token, depth == base, SQLWord.query.contains(word) { place = .body }
            return depth >= base
        case .body: return true
        case .ended: return false
        }
    }

    private mutating func followStart(_ token: SQLLexer.Token) -> Bool {
        switch token {
        case .punctuation(UInt8(ascii: "(")): return true
        case .word("SHOW") where depth == 0:
            isShow = true
            place = .body
        case .word("DESCRIBE") where depth == 0, .word("DESC") where depth == 0: place = .body
        case .word("EXPLAIN") where depth == 0: place = .explain
        case .word(let word): return begin(word)
        case .number, .literal, .quoted, .punctuation: return false
        }
        return true
    }

    private mutating func followExplain(_ token: SQLLexer.Token) -> Bool {
        switch token {
        case .word(let word):
            if begin(word) { return true }
            guard place == .explainOpened else { return SQLWord.explainOptions.contains(word) }
            place = .explainOptions
            return depth == 1
        case .punctuation(UInt8(ascii: "(")):
            place = .explainOpened
            return true
        case .punctuation(UInt8(ascii: "=")), .punctuation(UInt8(ascii: ",")), .literal: return place == .explain
        case .number, .quoted, .punctuation: return false
        }
    }

    /// Begins a query with its first word.
    private mutating func begin(_ word: SQLWord) -> Bool {
        if word == "WITH" {
            base = depth
            place = .with
            return true
        }
        guard SQLWord.query.contains(word) else { return false }
        place = .body
        return true
    }
}
