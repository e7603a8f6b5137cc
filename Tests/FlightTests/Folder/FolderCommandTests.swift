import FlightProtocol
import Foundation
import SwiftProtobuf
import Testing

@testable import Flight

@Suite struct FolderCommandTests {
    private typealias Query = Arrow_Flight_Protocol_Sql_CommandStatementQuery
    private typealias Ingest = Arrow_Flight_Protocol_Sql_CommandStatementIngest

    private static let package = "type.googleapis.com/arrow.flight.protocol.sql."

    private static func sql(_ type: String, _ message: [UInt8]) throws -> FlightDescriptor {
        var any = Google_Protobuf_Any()
        any.typeURL = package + type
        any.value = Data(message)
        return .command(try any.serializedBytes() as [UInt8])
    }

    private static func query(_ text: String) throws -> FlightDescriptor {
        var query = Query()
        query.query = text
        return try sql("CommandStatementQuery", query.serializedBytes())
    }

    private static func ingest(_ change: (inout Ingest) -> Void) throws -> FlightDescriptor {
        var ingest = Ingest()
        ingest.table = "sales/a"
        change(&ingest)
        return try sql("CommandStatementIngest", ingest.serializedBytes())
    }

    @Test("A flight is asked for by its path, or by its name as a command")
    func plain() throws {
        for descriptor in [FlightDescriptor.path("sales", "a"), .command("sales/a".utf8)] {
            let command = try FolderCommand(descriptor)
            #expect(command.name.components == ["sales", "a"])
            #expect(!command.isSQL && !command.table.mustExist && !command.table.mustNotExist)
        }
    }

    @Test("A descriptor that names no flight is refused")
    func refused() {
        let bad: [FlightDescriptor] = [
            FlightDescriptor(), .path(), .path("..", "a"), .path("a/b"), .command([]), .command([0xff]),
            .command("../a".utf8),
        ]
        for descriptor in bad {
            let problem = #expect(throws: FlightError.self) { _ = try FolderCommand(descriptor) }
            #expect(problem?.code == .invalidArgument)
        }
    }

    @Test(
        "A query selects all of one flight",
        arguments: [
            "SELECT * FROM sales/a", "select * from \"sales/a\"", "  Select\t*\nFrom\n sales/a ; ",
            "SELECT * FROM \"sales/a\";", "SELECT * FROM sales/a;",
        ])
    func query(_ text: String) throws {
        let command = try FolderCommand(Self.query(text))
        #expect(command.name.description == "sales/a")
        #expect(command.isSQL)
    }

    @Test("A name in quotes may have spaces")
    func quoted() throws {
        #expect(try FolderCommand(Self.query("SELECT * FROM \"q 1/a b\" ;")).name.components == ["q 1", "a b"])
    }

    @Test(
        "A query that needs more than that is refused",
        arguments: [
            "", "SELECT", "SELECT * FROM", "SELECT a FROM t", "SELECT * FROM a WHERE b = 1", "SELECT * FROM a, b",
            "SELECT * FROM a; DROP TABLE a", "INSERT * INTO a", "SELECT * FROM \"a", "SELECT * FROM a\"",
            "SELECT * FROM \"a\" b", "SELECT*FROM a", "SELECT * FROM \"../a\"", "SELECT * FROM ;", "SELECT * FROM \"\"",
        ])
    func otherQueries(_ text: String) throws {
        let descriptor = try Self.query(text)
        let problem = #expect(throws: FlightError.self) { _ = try FolderCommand(descriptor) }
        #expect(problem?.code == .invalidArgument)
    }

    @Test("An ingestion says what is to be where the flight is there already, or is not")
    func ingestion() throws {
        let plain = try FolderCommand(Self.ingest { _ in })
        #expect(plain.name.description == "sales/a" && plain.isSQL)
        #expect(!plain.table.mustExist && !plain.table.mustNotExist)
        let create = try FolderCommand(Self.ingest { $0.tableDefinitionOptions.ifExists = .fail })
        #expect(!create.table.mustExist && create.table.mustNotExist)
        let replace = try FolderCommand(
            Self.ingest {
                $0.tableDefinitionOptions.ifNotExist = .fail
                $0.tableDefinitionOptions.ifExists = .replace
            })
        #expect(replace.table.mustExist && !replace.table.mustNotExist)
    }

    @Test("What needs an engine is UNIMPLEMENTED")
    func engine() throws {
        let descriptors = try [
            Self.sql("CommandGetTables", []), Self.sql("CommandStatementUpdate", []),
            Self.ingest { $0.temporary = true }, Self.ingest { $0.tableDefinitionOptions.ifExists = .append },
        ]
        for descriptor in descriptors {
            let problem = #expect(throws: FlightError.self) { _ = try FolderCommand(descriptor) }
            #expect(problem?.code == .unimplemented)
        }
        #expect(throws: FlightError(.invalidArgument, "CommandStatementQuery cannot be read")) {
            _ = try FolderCommand(Self.sql("CommandStatementQuery", [0x0A, 9]))
        }
    }
}
