internal import FlightProtocol
internal import SwiftProtobuf

/// What a descriptor asks the embedded server for: a flight by its path or name, or the little of Flight SQL that drivers
/// need to read and write one (FlightSql.proto).
struct FolderCommand {
    /// Which flight.
    let name: FlightName
    /// What an upload does where that flight is or is not there yet. Flight's own DoPut replaces.
    private(set) var table = Table()
    /// Whether it came as Flight SQL, whose uploads are answered with the number of rows.
    private(set) var isSQL = false

    struct Table {
        var mustExist = false
        var mustNotExist = false
    }

    /// - Throws: INVALID_ARGUMENT for what is no flight's name, UNIMPLEMENTED for commands of Flight SQL that need an engine.
    init(_ descriptor: FlightDescriptor) throws(FlightError) {
        switch descriptor.type {
        case .path:
            name = try FlightName(descriptor.path)
        case .cmd:
            guard let command = SQLCommand(descriptor) else {
                name = try FlightName(bytes: descriptor.cmd)
                return
            }
            isSQL = true
            switch command.type {
            case "CommandStatementQuery":
                name = try Self.flight(
                    of: try command.message(as: Arrow_Flight_Protocol_Sql_CommandStatementQuery.self))
            case "CommandStatementIngest":
                let ingest = try command.message(as: Arrow_Flight_Protocol_Sql_CommandStatementIngest.self)
                name = try FlightName(text: ingest.table)
                table = try Self.table(of: ingest)
            default:
                throw FlightError(.unimplemented, "there is no \(command.type) here: this server has no SQL engine")
            }
        default:
            throw FlightError(.invalidArgument, "a descriptor needs a path or a command")
        }
    }

    /// The flight in `SELECT * FROM name`, where the name may stand in double quotes.
    private static func flight(of query: Arrow_Flight_Protocol_Sql_CommandStatementQuery) throws(FlightError)
        -> FlightName
    {
        let other = FlightError(.invalidArgument, "this server has no SQL engine; it takes: SELECT * FROM \"NAME\"")
        let words = query.query.split(maxSplits: 3, whereSeparator: \.isWhitespace)
        guard words.count == 4, words[0].lowercased() == "select", words[1] == "*", words[2].lowercased() == "from"
        else {
            throw other
        }
        var name = words[3].trimmed
        if name.hasSuffix(";") { name = name.dropLast().trimmed }
        let quotes = name.count { $0 == "\"" }
        if quotes == 2, name.hasPrefix("\""), name.hasSuffix("\"") {
            name = name.dropFirst().dropLast()
        } else if quotes > 0 || name.contains(where: \.isWhitespace) {
            throw other
        }
        return try FlightName(text: name)
    }

    private static func table(of ingest: Arrow_Flight_Protocol_Sql_CommandStatementIngest) throws(FlightError) -> Table
    {
        let options = ingest.tableDefinitionOptions
        guard !ingest.temporary, options.ifExists != .append else {
            throw FlightError(
                .unimplemented, "a flight can be created or replaced; it cannot be temporary or appended to")
        }
        return Table(mustExist: options.ifNotExist == .fail, mustNotExist: options.ifExists == .fail)
    }
}

extension Substring {
    /// Without white space around it.
    fileprivate var trimmed: Substring {
        let start = drop(while: \.isWhitespace)
        return start.lastIndex { !$0.isWhitespace }.map { start[...$0] } ?? ""
    }
}

/// A command of Flight SQL: a message in a `google.protobuf.Any`.
private struct SQLCommand {
    private static let package = "arrow.flight.protocol.sql."

    private let any: Google_Protobuf_Any
    /// The message's name without its package.
    let type: String

    /// nil if the command is none of Flight SQL.
    init?(_ descriptor: FlightDescriptor) {
        guard let any = try? Google_Protobuf_Any(serializedBytes: descriptor.cmd),
            let name = AnyTypeName(typeURL: any.typeURL)?.description, name.hasPrefix(Self.package)
        else { return nil }
        self.any = any
        self.type = String(name.dropFirst(Self.package.count))
    }

    func message<Message: SwiftProtobuf.Message>(as: Message.Type) throws(FlightError) -> Message {
        do {
            return try Message(serializedBytes: any.value)
        } catch {
            throw FlightError(.invalidArgument, "\(type) cannot be read")
        }
    }
}
