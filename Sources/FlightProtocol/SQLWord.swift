/// A word of SQL without its case, as 16 letters at most; longer words are all alike and equal no keyword.
struct SQLWord: Hashable, Sendable, ExpressibleByStringLiteral {
    private var high: UInt64 = 0
    private var low: UInt64 = 0

    /// - Parameter bytes: Letters, digits and underscores of ASCII.
    init(_ bytes: some Collection<UInt8>) {
        guard bytes.count <= 16 else { return }
        for byte in bytes {
            let isSmall = byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
            high = high << 8 | low >> 56
            low = low << 8 | UInt64(isSmall ? byte & 0xdf : byte)
        }
    }

    init(stringLiteral text: StaticString) {
        self = text.withUTF8Buffer { Self($0) }
    }

    /// Words that change data, the server or the session, or lock rows, wherever they stand outside quotes. Some servers
    /// need no semicolon between statements, or chain them (`->>`), so what begins a statement there is among them.
    static let writing: Set<SQLWord> = [
        "ADD", "ALTER", "ATTACH", "BACKUP", "BEGIN", "BULK", "CALL", "CHECKPOINT", "COMMIT", "CONVERSATION", "COPY",
        "CREATE", "DBCC", "DEALLOCATE", "DECLARE", "DELETE", "DENY", "DETACH", "DROP", "EXEC", "EXECUTE", "EXPORT",
        "GRANT", "IMPORT", "INSERT", "INSTALL", "INTO", "KILL", "LOAD", "LOCK", "MERGE", "OPTIMIZE", "OVERWRITE",
        "PRAGMA", "PREPARE", "RECEIVE", "RECONFIGURE", "REFRESH", "REMOVE", "RESET", "RESTORE", "REVERT", "REVOKE",
        "ROLLBACK", "SAVEPOINT", "SET", "SETUSER", "SHUTDOWN", "TRAN", "TRANSACTION", "TRIGGER", "UNDROP", "UNLOAD",
        "UNLOCK", "UPDATE", "UPDATETEXT", "UPSERT", "USE", "VACUUM", "WAITFOR", "WRITETEXT",
    ]

    /// Words that write unless they are a function or a list behind `*`: unless a parenthesis follows.
    static let writingBare: Set<SQLWord> = ["RENAME", "REPLACE", "TRUNCATE"]

    /// Whether two words write that do not alone: `FOR SHARE`, `FOR KEY SHARE` and `FOR NO KEY UPDATE` lock rows,
    /// `COMMENT ON` and `COMMENT IF EXISTS ON` comment.
    static func isWriting(_ first: SQLWord, _ second: SQLWord) -> Bool {
        switch first {
        case "FOR": second == "KEY" || second == "NO" || second == "SHARE"
        case "COMMENT": second == "ON" || second == "IF"
        default: false
        }
    }

    /// First words of statements that do nothing but write.
    static let writingFirst: Set<SQLWord> = [
        "ALTER", "ATTACH", "CREATE", "DELETE", "DENY", "DETACH", "DROP", "GRANT", "IMPORT", "INSERT", "INSTALL",
        "MERGE", "OPTIMIZE", "REFRESH", "RENAME", "REPLACE", "REVOKE", "TRUNCATE", "UNDROP", "UPDATE", "UPSERT",
        "VACUUM",
    ]

    /// First words of queries.
    static let query: Set<SQLWord> = ["FROM", "SELECT", "TABLE", "VALUES"]

    /// What may stand between `EXPLAIN` and the statement.
    static let explainOptions: Set<SQLWord> = [
        "ANALYSE", "ANALYZE", "AST", "CODEGEN", "COST", "COSTS", "DISTRIBUTED", "DOT", "ESTIMATE", "EXTENDED", "FORMAT",
        "FORMATTED", "GRAPHVIZ", "IO", "JSON", "LOGICAL", "PHYSICAL", "PIPELINE", "PLAN", "QUERY", "SYNTAX", "TEXT",
        "TRADITIONAL", "TREE", "VALIDATE", "VERBOSE", "XML", "YAML",
    ]
}
