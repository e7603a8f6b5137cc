/// Cuts SQL into tokens where all dialects cut it alike; gives up where two would not.
///
/// What hides in a literal for one server is a statement for another: `'\'; DROP TABLE t --'`. So this is no lexer of any
/// dialect, but of what they have in common.
struct SQLLexer {
    enum Token: Equatable {
        case word(SQLWord)
        case number
        /// What single quotes enclose.
        case literal
        /// What double quotes enclose: a name, or a literal.
        case quoted
        case punctuation(UInt8)
    }

    /// Dialects differ about what comes next.
    struct Doubt: Error {}

    private let bytes: UnsafeBufferPointer<UInt8>
    private var offset = 0
    /// Open brackets. They enclose an array, or a name that ends at the first `]` (Transact-SQL, SQLite), so nothing that
    /// is opaque to the one reading may hold one.
    private var brackets = 0
    /// Between backticks are a name (MySQL, BigQuery, Spark), or operators on both sides of something else (PostgreSQL).
    private var isInBackticks = false

    /// The text must outlive the lexer.
    init(_ text: UnsafeBufferPointer<UInt8>) {
        bytes = text
    }

    mutating func next() throws(Doubt) -> Token? {
        while let byte = peek() {
            if isInBackticks { try checkBackticked(byte) }
            switch (byte, peek(1)) {
            case (0x20, _), (0x09, _), (0x0a, _), (0x0d, _): offset += 1
            case (UInt8(ascii: "-"), UInt8(ascii: "-")): try skipLine()
            case (UInt8(ascii: "/"), UInt8(ascii: "*")): try skipBlock()
            default: return try token(byte)
            }
        }
        guard !isInBackticks, brackets == 0 else { throw Doubt() }
        return nil
    }

    private mutating func token(_ byte: UInt8) throws(Doubt) -> Token {
        switch byte {
        case UInt8(ascii: "'"):
            try skipQuoted(byte)
            return .literal
        case UInt8(ascii: "\""):
            try skipQuoted(byte)
            return .quoted
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            try skipNumber()
            return .number
        case _ where Self.isWordByte(byte):
            return .word(try word())
        default:
            try skipPunctuation(byte)
            return .punctuation(byte)
        }
    }

    private func peek(_ distance: Int = 0) -> UInt8? {
        let place = offset + distance
        return place >= 0 && place < bytes.count ? bytes[place] : nil
    }

    private static func isWordByte(_ byte: UInt8?) -> Bool {
        guard let byte else { return false }
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        return letters.contains(byte | 0x20) || byte == UInt8(ascii: "_") || isDigit(byte)
    }

    private static func isDigit(_ byte: UInt8?) -> Bool {
        guard let byte else { return false }
        return (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isHexDigit(_ byte: UInt8?) -> Bool {
        guard let byte else { return false }
        return (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20) || isDigit(byte)
    }

    private mutating func skip(while condition: (UInt8?) -> Bool) {
        while let byte = peek(), condition(byte) { offset += 1 }
    }
}

extension SQLLexer {
    private mutating func word() throws(Doubt) -> SQLWord {
        let start = offset
        skip(while: Self.isWordByte)
        let word = SQLWord(bytes[start..<offset])
        // Oracle's q'[…]' ends at a delimiter of its own.
        if peek() == UInt8(ascii: "'"), word == "Q" || word == "NQ" { throw Doubt() }
        return word
    }

    /// `1INTO` and `1.e1INTO` are names, or a number and a keyword.
    private mutating func skipNumber() throws(Doubt) {
        if peek() == UInt8(ascii: "0"), peek(1) == UInt8(ascii: "x"), Self.isHexDigit(peek(2)) {
            offset += 2
            skip(while: Self.isHexDigit)
        } else {
            skipDigits()
            if peek() == UInt8(ascii: ".") {
                offset += 1
                skipDigits()
            }
            if peek() == UInt8(ascii: "e") || peek() == UInt8(ascii: "E") {
                let hasSign = peek(1) == UInt8(ascii: "+") || peek(1) == UInt8(ascii: "-")
                guard Self.isDigit(peek(hasSign ? 2 : 1)) else { throw Doubt() }
                offset += hasSign ? 2 : 1
                skip(while: Self.isDigit)
            }
        }
        guard !Self.isWordByte(peek()) else { throw Doubt() }
    }

    private mutating func skipDigits() {
        skip { $0 == UInt8(ascii: "_") || Self.isDigit($0) }
    }

    /// `''` stands for a quote everywhere, or ends one literal and begins the next; the end is the same. A backslash in
    /// front of a quote is one or hides it, and three quotes at the start open BigQuery's long strings.
    private mutating func skipQuoted(_ quote: UInt8) throws(Doubt) {
        guard peek(1) != quote || peek(2) != quote else { throw Doubt() }
        offset += 1
        var isEscaped = false
        while let byte = peek() {
            try checkOpaque(byte)
            offset += 1
            if byte == quote {
                guard !isEscaped else { throw Doubt() }
                guard peek() == quote else { return }
                offset += 1
            } else {
                isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
            }
        }
        throw Doubt()
    }

    /// MySQL wants a blank behind `--`; some end the comment at a carriage return alone, some at Unicode's line ends.
    private mutating func skipLine() throws(Doubt) {
        offset += 2
        guard [nil, 0x20, 0x09, 0x0a, 0x0d].contains(peek()) else { throw Doubt() }
        while let byte = peek(), byte != 0x0a {
            try checkOpaque(byte)
            guard byte != 0x0d || peek(1) == 0x0a, !isUnicodeLineEnd() else { throw Doubt() }
            offset += 1
        }
    }

    /// Comments nest or do not; some begin with what makes them hints or code (`/*!`, `/*M!`, `/*+`).
    private mutating func skipBlock() throws(Doubt) {
        offset += 2
        switch peek() {
        case UInt8(ascii: "M") where peek(1) == UInt8(ascii: "!"): throw Doubt()
        case 0x20, 0x09, 0x0a, 0x0d, UInt8(ascii: "*"), UInt8(ascii: "-"), UInt8(ascii: "="): break
        case let byte: guard Self.isWordByte(byte) else { throw Doubt() }
        }
        while let byte = peek() {
            try checkOpaque(byte)
            switch (byte, peek(1)) {
            case (UInt8(ascii: "*"), UInt8(ascii: "/")):
                offset += 2
                return
            case (UInt8(ascii: "/"), UInt8(ascii: "*")): throw Doubt()
            default: offset += 1
            }
        }
        throw Doubt()
    }

    private mutating func skipPunctuation(_ byte: UInt8) throws(Doubt) {
        let previous = peek(-1)
        offset += 1
        switch (byte, peek()) {
        // Division and a comment (Snowflake); a comment's end without its start; an assignment (MySQL).
        case (UInt8(ascii: "/"), UInt8(ascii: "/")), (UInt8(ascii: "*"), UInt8(ascii: "/")),
            (UInt8(ascii: ":"), UInt8(ascii: "=")):
            throw Doubt()
        case (UInt8(ascii: "$"), _):
            // `$1` is a parameter; `$$`, `$tag$` and `a$1` are quotes, or parts of names.
            guard !Self.isWordByte(previous), previous != byte, Self.isDigit(peek()) else { throw Doubt() }
            skip(while: Self.isDigit)
            guard !Self.isWordByte(peek()), peek() != byte else { throw Doubt() }
        case (UInt8(ascii: "["), _):
            brackets += 1
        case (UInt8(ascii: "]"), let next):
            // `]]` is a bracket within a name, or ends two arrays.
            guard brackets > 0, next != byte else { throw Doubt() }
            brackets -= 1
        case (UInt8(ascii: "`"), _):
            isInBackticks.toggle()
        // Comments and operators (MySQL, PostgreSQL), escapes, and blanks and letters that not all know.
        case (UInt8(ascii: "#"), _), (UInt8(ascii: "\\"), _), (0..<0x20, _), (0x7f..., _):
            throw Doubt()
        default: break
        }
    }

    /// A byte of a literal, a quoted name or a comment: no control character, and no end of a bracket.
    private func checkOpaque(_ byte: UInt8) throws(Doubt) {
        let isControl = byte < 0x20 && ![0x09, 0x0a, 0x0d].contains(byte) || byte == 0x7f
        guard !isControl, brackets == 0 || byte != UInt8(ascii: "]") else { throw Doubt() }
    }

    /// Of a name in backticks only what would be cut alike without them.
    private func checkBackticked(_ byte: UInt8) throws(Doubt) {
        switch byte {
        case UInt8(ascii: "-"): guard peek(1) != byte else { throw Doubt() }
        case UInt8(ascii: "`"), UInt8(ascii: "."), UInt8(ascii: "*"), 0x20: break
        default: guard Self.isWordByte(byte) else { throw Doubt() }
        }
    }

    /// U+0085, U+2028 or U+2029.
    private func isUnicodeLineEnd() -> Bool {
        switch (peek(), peek(1), peek(2)) {
        case (0xc2, 0x85, _), (0xe2, 0x80, 0xa8), (0xe2, 0x80, 0xa9): true
        default: false
        }
    }
}
