import FlightProtocol
import Foundation
import SwiftProtobuf

/// Compares what was read of a message with what SwiftProtobuf reads of it.
enum FlightRequestOracle {
    /// What differs; throws if SwiftProtobuf refuses the message.
    static func differences(_ request: FlightRequest, _ rpc: FlightRPC, _ message: [UInt8]) throws -> [String] {
        switch rpc {
        case .handshake, .listActions: return request == FlightRequest() ? [] : ["anything"]
        case .getFlightInfo, .pollFlightInfo, .getSchema:
            return try descriptor(request, Arrow_Flight_Protocol_FlightDescriptor(serializedBytes: message))
        case .doPut, .doExchange:
            let data = try Arrow_Flight_Protocol_FlightData(serializedBytes: message)
            guard data.hasFlightDescriptor else { return request == FlightRequest() ? [] : ["descriptor"] }
            return try descriptor(request, data.flightDescriptor)
        case .doGet:
            let ticket = try [UInt8](Arrow_Flight_Protocol_Ticket(serializedBytes: message).ticket)
            return try (request.ticket == .present(ticket) ? [] : ["ticket"]) + sql(request.sql, ticket)
        case .listFlights:
            let criteria = try [UInt8](Arrow_Flight_Protocol_Criteria(serializedBytes: message).expression)
            return request.criteria == .present(criteria) ? [] : ["criteria"]
        case .doAction:
            return try action(request, Arrow_Flight_Protocol_Action(serializedBytes: message))
        }
    }

    private static func descriptor(
        _ request: FlightRequest, _ descriptor: Arrow_Flight_Protocol_FlightDescriptor
    ) throws -> [String] {
        switch (descriptor.type, request.path, request.command) {
        case (.path, .present(let path), .absent):
            let isSame = path.map { Array($0.utf8) } == descriptor.path.map { Array($0.utf8) }
            return isSame && descriptor.cmd.isEmpty && request.sql == .absent ? [] : ["path"]
        case (.cmd, .absent, .present(let command)):
            guard command == [UInt8](descriptor.cmd), descriptor.path.isEmpty else { return ["command"] }
            return try sql(request.sql, command)
        default: return ["type"]
        }
    }

    private static func action(
        _ request: FlightRequest, _ action: Arrow_Flight_Protocol_Action
    ) throws -> [String] {
        guard case .present(let type) = request.action, type.utf8.elementsEqual(action.type.utf8) else {
            return ["action"]
        }
        let body = [UInt8](action.body)
        let tickets: [Data]
        switch type {
        case "CancelFlightInfo":
            tickets = try Arrow_Flight_Protocol_CancelFlightInfoRequest(serializedBytes: body).info.endpoint
                .map(\.ticket.ticket)
        case "RenewFlightEndpoint":
            let renew = try Arrow_Flight_Protocol_RenewFlightEndpointRequest(serializedBytes: body)
            tickets = renew.hasEndpoint ? [renew.endpoint.ticket.ticket] : []
        case "CancelQuery":
            tickets = try SQLMessageOracle.tickets(inCancelQuery: body) ?? []
        default:
            guard request.ticket == .absent else { return ["ticket of no action"] }
            return try SQLMessageOracle.differences(request.sql, any: body)
        }
        guard case .present(let ticket) = request.ticket else {
            return Set(tickets).count == 1 ? ["unreadable ticket"] : []
        }
        return Set(tickets) == [Data(ticket)] ? [] : ["inner ticket"]
    }

    private static func sql(_ part: FlightRequest.Part<SQLRequest>, _ bytes: [UInt8]) throws -> [String] {
        part == .absent ? ["absent SQL"] : try SQLMessageOracle.differences(part, any: bytes)
    }
}

/// The same for the messages of Flight SQL.
enum SQLMessageOracle {
    static func prepare(_ query: String) -> Arrow_Flight_Protocol_Sql_ActionCreatePreparedStatementRequest {
        .with { $0.query = query }
    }

    static func cancelQuery(_ tickets: [[UInt8]]) -> [UInt8] {
        RequestMessages.any(
            Arrow_Flight_Protocol_Sql_ActionCancelQueryRequest.with {
                $0.info = Data(RequestMessages.bytes(RequestMessages.info(tickets)))
            })
    }

    /// The tickets that CancelQuery is about; nil if its body is another message.
    static func tickets(inCancelQuery body: [UInt8]) throws -> [Data]? {
        guard let any = try? Google_Protobuf_Any(serializedBytes: body),
            any.typeURL.hasSuffix("/arrow.flight.protocol.sql.ActionCancelQueryRequest")
        else { return nil }
        let request = try Arrow_Flight_Protocol_Sql_ActionCancelQueryRequest(serializedBytes: any.value)
        return try Arrow_Flight_Protocol_FlightInfo(serializedBytes: request.info).endpoint.map(\.ticket.ticket)
    }

    /// What differs between what is present and the message in an Any.
    static func differences(_ part: FlightRequest.Part<SQLRequest>, any bytes: [UInt8]) throws -> [String] {
        guard case .present(let request) = part else { return [] }
        let any = try Google_Protobuf_Any(serializedBytes: bytes)
        let name = "/arrow.flight.protocol.sql.\(request.message)"
        guard any.typeURL.utf8.reversed().starts(with: name.utf8.reversed()) else { return ["message"] }
        return try expected(request, any.value) == request ? [] : ["SQL"]
    }

    private static func expected(_ request: SQLRequest, _ value: Data) throws -> SQLRequest {
        var expected = SQLRequest(message: request.message, kind: request.kind)
        switch request.message {
        case "CommandStatementQuery":
            let query = try Arrow_Flight_Protocol_Sql_CommandStatementQuery(serializedBytes: value).query
            expected.kind = SQLStatement.kind(of: query)
        case "ActionCreatePreparedStatementRequest":
            let request = try Arrow_Flight_Protocol_Sql_ActionCreatePreparedStatementRequest(serializedBytes: value)
            expected.kind = SQLStatement.kind(of: request.query)
        case "CommandStatementUpdate":
            _ = try Arrow_Flight_Protocol_Sql_CommandStatementUpdate(serializedBytes: value)
            expected.kind = .write
        case "CommandGetSqlInfo":
            _ = try Arrow_Flight_Protocol_Sql_CommandGetSqlInfo(serializedBytes: value)
            expected.kind = .metadata
        case "CommandGetTables":
            let tables = try Arrow_Flight_Protocol_Sql_CommandGetTables(serializedBytes: value)
            expected.catalog = tables.hasCatalog ? tables.catalog : nil
            expected.schema = tables.hasDbSchemaFilterPattern ? tables.dbSchemaFilterPattern : nil
            expected.table = tables.hasTableNameFilterPattern ? tables.tableNameFilterPattern : nil
        case "CommandStatementIngest":
            let ingest = try Arrow_Flight_Protocol_Sql_CommandStatementIngest(serializedBytes: value)
            expected.catalog = ingest.hasCatalog ? ingest.catalog : nil
            expected.schema = ingest.hasSchema ? ingest.schema : nil
            // A table of no name is written by nobody; if it is, the field is there.
            expected.table = ingest.table.isEmpty ? request.table.flatMap { $0.isEmpty ? $0 : nil } : ingest.table
            expected.mode = mode(ingest.tableDefinitionOptions)
        default: break
        }
        return expected
    }

    private static func mode(
        _ options: Arrow_Flight_Protocol_Sql_CommandStatementIngest.TableDefinitionOptions
    ) -> String? {
        switch (options.ifNotExist, options.ifExists) {
        case (.create, .fail): "create"
        case (.create, .append): "create_append"
        case (.fail, .append): "append"
        case (.create, .replace), (.fail, .replace): "replace"
        case (.fail, .fail): "fail"
        default: nil
        }
    }
}
