/// Where one dialect of SQL sees quotes and comments, as simply as can be: what the strict lexer is tested against.
struct SQLDialect {
    let name: String
    var escapes = false
    var doubled = true
    var quotes: [Character: Character] = ["'": "'", "\"": "\""]
    var lineComments = ["--"]
    var nestedComments = false
    var dollars = false
    var longQuotes = false
    var executableComments = false
    var lineEnds: Set<Character> = ["\n", "\r\n"]

    static let all: [SQLDialect] = [
        SQLDialect(name: "PostgreSQL", nestedComments: true, dollars: true, lineEnds: ["\n", "\r", "\r\n"]),
        SQLDialect(
            name: "MySQL", escapes: true, quotes: ["'": "'", "\"": "\"", "`": "`"], lineComments: ["-- ", "--\n", "#"],
            executableComments: true),
        SQLDialect(
            name: "BigQuery", escapes: true, doubled: false, quotes: ["'": "'", "\"": "\"", "`": "`"],
            lineComments: ["--", "#"], longQuotes: true),
        SQLDialect(name: "Transact-SQL", quotes: ["'": "'", "\"": "\"", "[": "]"], nestedComments: true),
        SQLDialect(name: "SQLite", quotes: ["'": "'", "\"": "\"", "[": "]", "`": "`"]),
        SQLDialect(name: "Snowflake", escapes: true, lineComments: ["--", "//"], dollars: true),
        SQLDialect(name: "Spark", escapes: true, doubled: false, quotes: ["'": "'", "\"": "\"", "`": "`"]),
    ]

    /// Whether the word stands outside quotes and comments.
    func shows(_ word: String, in text: String) -> Bool {
        var rest = Substring(text)
        while let first = rest.first {
            if rest.hasPrefix(word) { return true }
            if let comment = lineComments.first(where: rest.hasPrefix) {
                rest = rest.dropFirst(comment.count - (comment.last == "\n" ? 1 : 0))
                rest = rest.drop { !lineEnds.contains($0) }
            } else if rest.hasPrefix("/*"), !(executableComments && rest.hasPrefix("/*!")) {
                rest = skipComment(rest)
            } else if dollars, rest.hasPrefix("$$") {
                rest = skip(rest.dropFirst(2), to: "$$")
            } else if let end = quotes[first] {
                let long = String(repeating: first, count: 3)
                rest =
                    longQuotes && rest.hasPrefix(long)
                    ? skip(rest.dropFirst(3), to: long) : skipQuoted(rest.dropFirst(), end)
            } else {
                rest = rest.dropFirst()
            }
        }
        return false
    }

    private func skip(_ text: Substring, to end: String) -> Substring {
        var rest = text
        while !rest.isEmpty, !rest.hasPrefix(end) { rest = rest.dropFirst() }
        return rest.dropFirst(end.count)
    }

    private func skipComment(_ text: Substring) -> Substring {
        var rest = text.dropFirst(2)
        var depth = 1
        while !rest.isEmpty, depth > 0 {
            if rest.hasPrefix("*/") {
                depth -= 1
                rest = rest.dropFirst(2)
            } else if nestedComments, rest.hasPrefix("/*") {
                depth += 1
                rest = rest.dropFirst(2)
            } else {
                rest = rest.dropFirst()
            }
        }
        return rest
    }

    private func skipQuoted(_ text: Substring, _ end: Character) -> Substring {
        var rest = text
        while let first = rest.first {
            rest = rest.dropFirst()
            if first == "\\", escapes, end != "`" {
                rest = rest.dropFirst()
            } else if first == end {
                guard doubled || end == "]", rest.first == end else { return rest }
                rest = rest.dropFirst()
            }
        }
        return rest
    }
}
