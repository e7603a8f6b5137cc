import FlightProtocol
import Foundation
import SwiftProtobuf
import TestSupport
import Testing

@Suite struct SQLMessageTests {
    typealias Make = RequestMessages

    /// What each RPC that takes a command or a ticket makes of the bytes; all must agree.
    static func sql(_ bytes: [UInt8]) throws -> FlightRequest.Part<SQLRequest> {
        let ticket = try Make.read(.doGet, Make.ticket(bytes)).sql
        for rpc in [FlightRPC.getFlightInfo, .pollFlightInfo, .getSchema] {
            #expect(try Make.read(rpc, Make.command(bytes)).sql == ticket)
        }
        for rpc in [FlightRPC.doPut, .doExchange] {
            let upload = Arrow_Flight_Protocol_FlightData.with {
                $0.flightDescriptor.type = .cmd
                $0.flightDescriptor.cmd = Data(bytes)
            }
            #expect(try Make.read(rpc, Make.bytes(upload)).sql == ticket)
        }
        return ticket
    }

    static func sql(_ message: some SwiftProtobuf.Message) throws -> FlightRequest.Part<SQLRequest> {
        try sql(Make.any(message))
    }

    @Test("A statement is judged by its text, not by its message")
    func statements() throws {
        for (text, kind) in [
            ("SELECT 1", .read), ("DROP TABLE t", .write), ("SELECT 1; DROP TABLE t", .maybeWrite), ("", .maybeWrite),
        ] as [(String, SQLKind)] {
            let expected = SQLRequest(message: "CommandStatementQuery", kind: kind)
            #expect(try Self.sql(Make.query(text)) == .present(expected))
        }
        let update = Arrow_Flight_Protocol_Sql_CommandStatementUpdate.with { $0.query = "SELECT 1" }
        #expect(try Self.sql(update) == .present(SQLRequest(message: "CommandStatementUpdate", kind: .write)))
    }

    @Test(
        "Messages that say nothing but their name are known by it",
        arguments: [
            ("TicketStatementQuery", .maybeWrite), ("CommandPreparedStatementQuery", .prepared),
            ("CommandPreparedStatementUpdate", .write), ("CommandGetSqlInfo", .metadata),
            ("CommandGetXdbcTypeInfo", .metadata), ("CommandGetCatalogs", .metadata),
            ("CommandGetTableTypes", .metadata), ("CommandGetDbSchemas", .metadata), ("CommandGetTables", .metadata),
            ("CommandGetPrimaryKeys", .metadata), ("CommandGetExportedKeys", .metadata),
            ("CommandGetImportedKeys", .metadata), ("CommandGetCrossReference", .metadata),
        ] as [(String, SQLKind)])
    func names(_ name: String, _ kind: SQLKind) throws {
        var found: SQLRequest?
        if case .present(let request) = try Self.sql(Make.any(name, [])) { found = request }
        #expect(found?.message == name && found?.kind == kind)
        #expect(throws: FlightRequestProblem(name, .malformed(.truncated))) {
            try Make.read(.doGet, Make.ticket(Make.any(name, [0x0a])))
        }
    }

    @Test("Metadata is asked of what its fields name")
    func metadata() throws {
        var expected = SQLRequest(message: "CommandGetTables", kind: .metadata)
        expected.catalog = "c"
        expected.schema = "s%"
        expected.table = "t_"
        let tables = Arrow_Flight_Protocol_Sql_CommandGetTables.with {
            $0.catalog = "c"
            $0.dbSchemaFilterPattern = "s%"
            $0.tableNameFilterPattern = "t_"
            $0.tableTypes = ["TABLE", "VIEW"]
            $0.includeSchema = true
        }
        #expect(try Self.sql(tables) == .present(expected))
        expected = SQLRequest(message: "CommandGetDbSchemas", kind: .metadata)
        expected.catalog = ""
        #expect(
            try Self.sql(Arrow_Flight_Protocol_Sql_CommandGetDbSchemas.with { $0.catalog = "" }) == .present(expected))
        expected = SQLRequest(message: "CommandGetImportedKeys", kind: .metadata)
        expected.schema = "s"
        expected.table = "t"
        let keys = Arrow_Flight_Protocol_Sql_CommandGetImportedKeys.with {
            $0.dbSchema = "s"
            $0.table = "t"
        }
        #expect(try Self.sql(keys) == .present(expected))
    }

    @Test("Two tables are named as far as they are the same")
    func crossReference() throws {
        var expected = SQLRequest(message: "CommandGetCrossReference", kind: .metadata)
        expected.catalog = "c"
        expected.table = "t"
        let reference = Arrow_Flight_Protocol_Sql_CommandGetCrossReference.with {
            $0.pkCatalog = "c"
            $0.fkCatalog = "c"
            $0.pkDbSchema = "s"
            $0.fkDbSchema = "other"
            $0.pkTable = "t"
            $0.fkTable = "t"
        }
        #expect(try Self.sql(reference) == .present(expected))
    }

    @Test("An ingestion names its table and how it treats it")
    func ingest() throws {
        typealias Ingest = Arrow_Flight_Protocol_Sql_CommandStatementIngest
        typealias Options = Ingest.TableDefinitionOptions
        let modes: [(Options.TableNotExistOption, Options.TableExistsOption, String?)] = [
            (.create, .fail, "create"), (.create, .append, "create_append"), (.create, .replace, "replace"),
            (.fail, .append, "append"), (.fail, .replace, "replace"), (.fail, .fail, "fail"),
            (.unspecified, .append, nil), (.create, .unspecified, nil), (.unspecified, .unspecified, nil),
            (.UNRECOGNIZED(3), .append, nil), (.create, .UNRECOGNIZED(4), nil),
        ]
        for (ifNotExist, ifExists, mode) in modes {
            let message = Ingest.with {
                $0.tableDefinitionOptions.ifNotExist = ifNotExist
                $0.tableDefinitionOptions.ifExists = ifExists
                $0.table = "t"
                $0.schema = "s"
                $0.catalog = "c"
                $0.temporary = true
                $0.transactionID = Data([1])
                $0.options = ["a": "b", "c": "d"]
            }
            var expected = SQLRequest(message: "CommandStatementIngest", kind: .write)
            expected.catalog = "c"
            expected.schema = "s"
            expected.table = "t"
            expected.mode = mode
            #expect(try Self.sql(message) == (mode == nil ? .unreadable : .present(expected)))
        }
        #expect(try Self.sql(Ingest.with { $0.table = "t" }) == .unreadable)
    }

    @Test("A plan, and what is no message of Flight SQL that belongs there, may be anything")
    func unreadable() throws {
        let query = Make.bytes(Make.query("SELECT 1"))
        let url = Make.field(1, Array("x/arrow.flight.protocol.sql.CommandGetCatalogs".utf8))
        let cases: [[UInt8]] = [
            [], [0], [0xff], Array("SELECT 1".utf8), query, Make.field(2, query),
            Make.any("CommandStatementSubstraitPlan", []), Make.any("CommandStatementNew", query),
            Make.any("ActionBeginTransactionRequest", []), Make.any("ActionCreatePreparedStatementRequest", query),
            Make.any("DoPutUpdateResult", []), Make.any("commandgetcatalogs", []), Make.any("", []),
            Make.any("CommandGetCatalogs", [], package: "arrow.flight.protocol"),
            Make.any("CommandGetCatalogs", [], package: "other"), Make.any("CommandGetPrimary\u{212a}eys", []),
            Make.field(1, Array("arrow.flight.protocol.sql.CommandGetCatalogs".utf8)),
            url + url, url + Make.field(2, []) + Make.field(2, []), url + [0x10, 1], url + [0], url + [0x12, 1],
            Make.field(1, [0xff]),
        ]
        for bytes in cases { #expect(try Self.sql(bytes) == .unreadable, "\(bytes)") }
        let expected = SQLRequest(message: "CommandGetCatalogs", kind: .metadata)
        #expect(try Self.sql(url) == .present(expected))
        #expect(try Self.sql([0x18, 1] + url + Make.field(4, [1])) == .present(expected))
    }

    @Test("A message of Flight SQL that two parsers could read differently is refused")
    func refused() {
        let cases: [(String, [UInt8], String, FlightRequestProblem.Reason)] = [
            (
                "CommandStatementQuery", Make.field(1, [0x61]) + Make.field(1, [0x62]), "CommandStatementQuery",
                .repeated(field: "query")
            ),
            (
                "CommandStatementQuery", Make.field(2, []) + Make.field(2, []), "CommandStatementQuery",
                .repeated(field: "transaction_id")
            ),
            ("CommandStatementQuery", Make.field(1, [0xff]), "CommandStatementQuery", .text(field: "query")),
            ("CommandStatementQuery", [0x08, 1], "CommandStatementQuery", .wireType(field: "query")),
            ("CommandStatementUpdate", Make.field(1, []) + [0x0b], "CommandStatementUpdate", .malformed(.group)),
            ("CommandGetSqlInfo", Make.field(1, [0x80]), "CommandGetSqlInfo", .packed(field: "info")),
            ("CommandGetSqlInfo", [0x0d, 0, 0, 0, 0], "CommandGetSqlInfo", .wireType(field: "info")),
            (
                "CommandStatementIngest", Make.field(1, [0x08, 1, 0x08, 1]), "TableDefinitionOptions",
                .repeated(field: "if_not_exist")
            ),
            (
                "CommandStatementIngest", Make.field(2, [0x61]) + Make.field(2, [0x62]), "CommandStatementIngest",
                .repeated(field: "table")
            ),
            ("CommandStatementIngest", [0xc2, 0x3e, 2, 0x0a, 1], "options", .malformed(.truncated)),
            ("CommandStatementSubstraitPlan", Make.field(1, [0x08, 1]), "SubstraitPlan", .wireType(field: "plan")),
            (
                "CommandGetCrossReference", Make.field(6, []) + Make.field(6, []), "CommandGetCrossReference",
                .repeated(field: "fk_table")
            ),
        ]
        for (name, body, message, reason) in cases {
            #expect(throws: FlightRequestProblem(message, reason)) {
                try Make.read(.doGet, Make.ticket(Make.any(name, body)))
            }
        }
    }

    @Test("Repeated numbers are read packed and one by one")
    func numbers() throws {
        let expected = SQLRequest(message: "CommandGetSqlInfo", kind: .metadata)
        for body in [Make.field(1, [1, 0x80, 1]), [0x08, 1, 0x08, 2], Make.field(1, [1]) + [0x08, 2]] {
            #expect(try Self.sql(Make.any("CommandGetSqlInfo", body)) == .present(expected))
        }
    }
}
