extension SQLMessage {
    /// What stands in commands and tickets, by name. An RPC may be asked with any of them: which it takes is the server's
    /// to say.
    static let commands = byName(
        SQLMessage(
            .statement, MessageShape("CommandStatementQuery", .one(1, "query", .text), .one(2, transaction, .bytes))),
        // It asks to write, whatever its text is.
        SQLMessage(
            .kind(.write),
            MessageShape("CommandStatementUpdate", .one(1, "query", .text), .one(2, transaction, .bytes))),
        SQLMessage(.plan, plan("CommandStatementSubstraitPlan")),
        // The server's own handle of a statement that was judged elsewhere.
        SQLMessage(.kind(.maybeWrite), MessageShape("TicketStatementQuery", .one(1, "statement_handle", .bytes))),
        SQLMessage(.kind(.prepared), prepared("CommandPreparedStatementQuery")),
        SQLMessage(.kind(.write), prepared("CommandPreparedStatementUpdate")),
        SQLMessage(.ingest, ingest),
        SQLMessage(.metadata, MessageShape("CommandGetSqlInfo", .many(1, "info", .numbers))),
        SQLMessage(.metadata, MessageShape("CommandGetXdbcTypeInfo", .one(1, "data_type", .number))),
        SQLMessage(.metadata, MessageShape("CommandGetCatalogs")),
        SQLMessage(
            .metadata,
            MessageShape("CommandGetDbSchemas", .one(1, "catalog", .text), .one(2, "db_schema_filter_pattern", .text))),
        SQLMessage(
            .metadata,
            MessageShape(
                "CommandGetTables", .one(1, "catalog", .text), .one(2, "db_schema_filter_pattern", .text),
                .one(3, "table_name_filter_pattern", .text), .many(4, "table_types", .text),
                .one(5, "include_schema", .number))),
        SQLMessage(.metadata, MessageShape("CommandGetTableTypes")),
        SQLMessage(.metadata, keys("CommandGetPrimaryKeys")),
        SQLMessage(.metadata, keys("CommandGetExportedKeys")),
        SQLMessage(.metadata, keys("CommandGetImportedKeys")),
        SQLMessage(
            .crossReference,
            MessageShape(
                "CommandGetCrossReference", .one(1, "pk_catalog", .text), .one(2, "pk_db_schema", .text),
                .one(3, "pk_table", .text), .one(4, "fk_catalog", .text), .one(5, "fk_db_schema", .text),
                .one(6, "fk_table", .text))))

    /// What stands in the bodies of actions, by name.
    static let actions = byName(
        SQLMessage(
            .statement,
            MessageShape(
                "ActionCreatePreparedStatementRequest", .one(1, "query", .text), .one(2, transaction, .bytes))),
        SQLMessage(.plan, plan("ActionCreatePreparedSubstraitPlanRequest")),
        SQLMessage(.kind(.prepared), prepared("ActionClosePreparedStatementRequest")),
        SQLMessage(.kind(.transaction), MessageShape("ActionBeginTransactionRequest")),
        SQLMessage(
            .kind(.transaction),
            MessageShape("ActionEndTransactionRequest", .one(1, transaction, .bytes), .one(2, "action", .number))),
        SQLMessage(
            .kind(.transaction),
            MessageShape("ActionBeginSavepointRequest", .one(1, transaction, .bytes), .one(2, "name", .text))),
        SQLMessage(
            .kind(.transaction),
            MessageShape("ActionEndSavepointRequest", .one(1, "savepoint_id", .bytes), .one(2, "action", .number))),
        SQLMessage(.kind(.maybeWrite), MessageShape("ActionCancelQueryRequest", .one(1, "info", .bytes))))

    private static let transaction = "transaction_id"

    private static let ingest = MessageShape(
        "CommandStatementIngest", .one(1, "table_definition_options", .part), .one(2, "table", .text),
        .one(3, "schema", .text), .one(4, "catalog", .text), .one(5, "temporary", .number),
        .one(6, transaction, .bytes),
        .many(1000, "options", .message(MessageShape("options", .one(1, "key", .text), .one(2, "value", .text)))))

    private static func plan(_ name: String) -> MessageShape {
        let plan = MessageShape("SubstraitPlan", .one(1, "plan", .bytes), .one(2, "version", .text))
        return MessageShape(name, .one(1, "plan", .message(plan)), .one(2, transaction, .bytes))
    }

    private static func prepared(_ name: String) -> MessageShape {
        MessageShape(name, .one(1, "prepared_statement_handle", .bytes))
    }

    private static func keys(_ name: String) -> MessageShape {
        MessageShape(name, .one(1, "catalog", .text), .one(2, "db_schema", .text), .one(3, "table", .text))
    }

    private static func byName(_ messages: SQLMessage...) -> [String: SQLMessage] {
        var named: [String: SQLMessage] = [:]
        for message in messages { named[message.shape.name] = message }
        return named
    }
}

extension MessageShape {
    /// How an ingestion treats the table (FlightSql.proto, `TableDefinitionOptions`).
    static let tableDefinitionOptions = Self(
        "TableDefinitionOptions", .one(1, "if_not_exist", .number), .one(2, "if_exists", .number))
}
