package import FlightProtocol
internal import StrictJSON

/// What a rule names of Flight SQL: `"read"`, `"CommandStatementIngest"`, or with what it is done to
/// `{"is": ["write"], "schema": ["staging"], "table": ["load_*"], "mode": ["append"]}`.
package enum SQLSelector: Sendable, Hashable {
    case kind(SQLKind)
    case message(String)
    case target(SQLTarget)

    /// The messages of Flight SQL (FlightSql.proto) that a client sends in a command, a ticket or an action.
    static let messages = [
        "CommandGetCatalogs", "CommandGetCrossReference", "CommandGetDbSchemas", "CommandGetExportedKeys",
        "CommandGetImportedKeys", "CommandGetPrimaryKeys", "CommandGetSqlInfo", "CommandGetTableTypes",
        "CommandGetTables", "CommandGetXdbcTypeInfo", "CommandPreparedStatementQuery",
        "CommandPreparedStatementUpdate", "CommandStatementIngest", "CommandStatementQuery",
        "CommandStatementSubstraitPlan", "CommandStatementUpdate", "TicketStatementQuery",
        "ActionBeginSavepointRequest", "ActionBeginTransactionRequest", "ActionCancelQueryRequest",
        "ActionClosePreparedStatementRequest", "ActionCreatePreparedStatementRequest",
        "ActionCreatePreparedSubstraitPlanRequest", "ActionEndSavepointRequest", "ActionEndTransactionRequest",
    ]

    static func read(_ cursor: JSONCursor) -> Self? {
        if case .object = cursor.value { return SQLTarget.read(cursor).map(Self.target) }
        return word(cursor)
    }

    /// A kind or a message.
    fileprivate static func word(_ cursor: JSONCursor) -> Self? {
        cursor.parse { text throws(JSONMismatch) in
            if let kind = SQLKind(rawValue: text) { return .kind(kind) }
            guard messages.contains(text) else {
                throw JSONMismatch.unknown(text, known: SQLKind.allCases.map(\.rawValue) + messages)
            }
            return .message(text)
        }
    }

    package var text: String {
        switch self {
        case .kind(let kind): kind.rawValue
        case .message(let message): message
        case .target(let target): target.text
        }
    }
}

/// Flight SQL that is done to something; all that is given must hold.
package struct SQLTarget: Sendable, Hashable {
    /// Kinds and messages; nil: any.
    package var of: [SQLSelector]?
    package var catalog: [TextPattern]?
    package var schema: [TextPattern]?
    package var table: [TextPattern]?
    package var mode: [TextPattern]?

    fileprivate static func read(_ cursor: JSONCursor) -> Self? {
        cursor.object { object in
            let target = Self(
                of: object.optional("is") { $0.distinct(SQLSelector.word) },
                catalog: object.optional("catalog") { $0.patterns() },
                schema: object.optional("schema") { $0.patterns() },
                table: object.optional("table") { $0.patterns() }, mode: object.optional("mode") { $0.patterns() })
            if cursor.value == .object([]) {
                cursor.report("needs one of \"is\", \"catalog\", \"schema\", \"table\", \"mode\"")
            }
            if target == Self() { return nil }
            return target
        }
    }

    package var text: String {
        var parts = of.map { ["is " + $0.map(\.text).joined(separator: ", ")] } ?? []
        for (name, patterns) in [("catalog", catalog), ("schema", schema), ("table", table), ("mode", mode)] {
            if let patterns { parts.append("\(name) " + patterns.map(\.text).joined(separator: ", ")) }
        }
        return "{" + parts.joined(separator: "; ") + "}"
    }
}
