import FlightProtocol
import Foundation
import SwiftProtobuf
import TestSupport
import Testing

@Suite struct FlightRequestActionTests {
    typealias Make = RequestMessages
    typealias SQL = FlightRequest.Part<SQLRequest>

    static func read(_ type: String, _ body: [UInt8] = []) throws -> FlightRequest {
        let request = try Make.read(.doAction, Make.action(type, body))
        #expect(request.action == .present(type))
        #expect(request.path == .absent && request.command == .absent && request.criteria == .absent)
        return request
    }

    @Test("The type of an action is what is asked for; a body that nobody knows may hide SQL")
    func types() throws {
        for type in ["", "refresh", "größe", "cancelFlightInfo", "CancelFlightInfo "] {
            let bare = try Self.read(type)
            #expect(bare.ticket == .absent && bare.sql == .absent)
            let full = try Self.read(type, Make.cancel([[1]]))
            #expect(full.ticket == .absent && full.sql == .unreadable)
        }
        for type in ["SetSessionOptions", "GetSessionOptions", "CloseSession"] {
            let request = try Self.read(type, [1, 2, 3])
            #expect(request.ticket == .absent && request.sql == .absent)
        }
    }

    @Test("An action that two parsers could read differently is refused")
    func refused() {
        let type = Make.field(1, Array("a".utf8))
        let cases: [([UInt8], FlightRequestProblem.Reason)] = [
            (type + type, .repeated(field: "type")),
            (type + Make.field(2, []) + Make.field(2, [1]), .repeated(field: "body")),
            (Make.field(1, [0xff]), .text(field: "type")), ([0x08, 1], .wireType(field: "type")),
            (type + [0x10, 1], .wireType(field: "body")), (type + [0x12, 1], .malformed(.truncated)),
            (type + [0], .malformed(.fieldNumber)),
        ]
        for (message, reason) in cases {
            #expect(throws: FlightRequestProblem("Action", reason)) { try Make.read(.doAction, message) }
        }
    }

    @Test("Cancelling and renewing ask for the ticket that they carry")
    func tickets() throws {
        let ticket = Array("sales/1".utf8)
        let sql = Make.any(Make.query("SELECT 1"))
        for body in [Make.cancel([ticket]), Make.cancel([ticket, ticket])] {
            let request = try Self.read("CancelFlightInfo", body)
            #expect(request.ticket == .present(ticket) && request.sql == .unreadable)
        }
        #expect(try Self.read("RenewFlightEndpoint", Make.renew(ticket)).ticket == .present(ticket))
        let expected = SQL.present(SQLRequest(message: "CommandStatementQuery", kind: .read))
        #expect(try Self.read("RenewFlightEndpoint", Make.renew(sql)).sql == expected)
        #expect(try Self.read("CancelFlightInfo", Make.cancel([sql, sql])).sql == expected)
        #expect(try Self.read("CancelFlightInfo", Make.cancel([[]])).ticket == .present([]))
    }

    @Test("Several different tickets cannot be told, nor can none; what they have in common as SQL can")
    func differentTickets() throws {
        let first = Make.any(Make.query("SELECT 1"))
        let second = Make.any(Make.query("SELECT 2"))
        let third = Make.any(Make.query("DROP TABLE t"))
        let alike = try Self.read("CancelFlightInfo", Make.cancel([first, second, first]))
        #expect(alike.ticket == .unreadable)
        #expect(alike.sql == .present(SQLRequest(message: "CommandStatementQuery", kind: .read)))
        for tickets in [[first, third], [first, second, [1]], [[1], first], [[1], [2]], []] {
            let request = try Self.read("CancelFlightInfo", Make.cancel(tickets))
            #expect(request.ticket == .unreadable && request.sql == .unreadable)
        }
        for type in ["CancelFlightInfo", "RenewFlightEndpoint"] {
            let request = try Self.read(type)
            #expect(request.ticket == .unreadable && request.sql == .unreadable)
        }
    }

    @Test("A body of a known action that two parsers could read differently is refused")
    func bodies() {
        let ticket = Make.field(1, Make.field(1, [1]))
        let endpoint = Make.field(3, ticket)
        let cases: [(String, [UInt8], String, FlightRequestProblem.Reason)] = [
            (
                "CancelFlightInfo", Make.field(1, []) + Make.field(1, []), "CancelFlightInfoRequest",
                .repeated(field: "info")
            ),
            ("CancelFlightInfo", [0xff], "CancelFlightInfoRequest", .malformed(.truncated)),
            ("CancelFlightInfo", Make.field(1, endpoint + [0x1a]), "FlightInfo", .malformed(.truncated)),
            (
                "CancelFlightInfo", Make.field(1, Make.field(3, ticket + ticket)), "FlightEndpoint",
                .repeated(field: "ticket")
            ),
            (
                "CancelFlightInfo",
                Make.field(1, Make.field(3, Make.field(1, Make.field(1, [1]) + Make.field(1, [2])))),
                "Ticket", .repeated(field: "ticket")
            ),
            (
                "CancelFlightInfo", Make.field(1, endpoint + Make.field(2, [0x08])), "FlightDescriptor",
                .malformed(.truncated)
            ),
            (
                "CancelFlightInfo", Make.field(1, endpoint + [0x20, 1, 0x20, 2]), "FlightInfo",
                .repeated(field: "total_records")
            ),
            ("RenewFlightEndpoint", [0x08, 1], "RenewFlightEndpointRequest", .wireType(field: "endpoint")),
            (
                "RenewFlightEndpoint", Make.field(1, ticket + Make.field(2, Make.field(1, [0xff]))), "Location",
                .text(field: "uri")
            ),
            (
                "RenewFlightEndpoint", Make.field(1, ticket + Make.field(3, [0x0a, 0])), "Timestamp",
                .wireType(field: "seconds")
            ),
        ]
        for (type, body, message, reason) in cases {
            #expect(throws: FlightRequestProblem(message, reason)) {
                try Make.read(.doAction, Make.action(type, body))
            }
        }
    }

    @Test("CancelQuery asks for the ticket two levels deep, and does what that does")
    func cancelQuery() throws {
        typealias Cancel = Arrow_Flight_Protocol_Sql_ActionCancelQueryRequest
        func body(_ tickets: [[UInt8]]) -> [UInt8] {
            Make.any(Cancel.with { $0.info = .init(Make.bytes(Make.info(tickets))) })
        }
        let name = "ActionCancelQueryRequest"
        let opaque = try Self.read("CancelQuery", body([[1]]))
        #expect(opaque.ticket == .present([1]))
        #expect(opaque.sql == .present(SQLRequest(message: name, kind: .maybeWrite)))
        let reading = Make.any(Make.query("SELECT 1"))
        let known = try Self.read("CancelQuery", body([reading]))
        #expect(known.ticket == .present(reading))
        #expect(known.sql == .present(SQLRequest(message: name, kind: .read)))
        #expect(try Self.read("CancelQuery", body([])).ticket == .unreadable)

        for other in [[], [1, 2], Make.cancel([[1]]), Make.any(Make.query("SELECT 1"))] as [[UInt8]] {
            let request = try Self.read("CancelQuery", other)
            #expect(request.ticket == .unreadable || other.isEmpty)
            #expect(request.sql == .unreadable)
        }
        #expect(throws: FlightRequestProblem("FlightInfo", .malformed(.truncated))) {
            try Make.read(.doAction, Make.action("CancelQuery", Make.any(Cancel.with { $0.info = .init([0x0a]) })))
        }
    }

    @Test(
        "Actions of Flight SQL are known by the message in their Any",
        arguments: [
            ("BeginTransaction", .transaction), ("EndTransaction", .transaction), ("BeginSavepoint", .transaction),
            ("EndSavepoint", .transaction), ("ClosePreparedStatement", .prepared),
            ("CreatePreparedStatement", .maybeWrite),
        ] as [(String, SQLKind)])
    func sqlActions(_ type: String, _ kind: SQLKind) throws {
        let name = "Action\(type)Request"
        #expect(try Self.read(type, Make.any(name, [])).sql == .present(SQLRequest(message: name, kind: kind)))
        #expect(try Self.read(type).sql == .unreadable)
        #expect(try Self.read(type, [1, 2]).sql == .unreadable)
        #expect(try Self.read(type, Make.any(name, [], package: "other")).sql == .unreadable)
        #expect(try Self.read(type, Make.any("CommandGetCatalogs", [])).sql == .unreadable)
        #expect(try Self.read(type, Make.any("ActionCancelQueryRequest", [])).sql == .unreadable)
        #expect(throws: FlightRequestProblem(name, .malformed(.truncated))) {
            try Make.read(.doAction, Make.action(type, Make.any(name, [0x0a])))
        }
    }

    @Test("A statement to be prepared is judged by its text, a plan by nobody")
    func prepared() throws {
        typealias Create = Arrow_Flight_Protocol_Sql_ActionCreatePreparedStatementRequest
        typealias Plan = Arrow_Flight_Protocol_Sql_ActionCreatePreparedSubstraitPlanRequest
        for (text, kind) in [("SELECT 1", .read), ("DROP TABLE t", .write), ("CALL p()", .maybeWrite)]
            as [(String, SQLKind)]
        {
            let body = Make.any(Create.with { $0.query = text })
            let expected = SQLRequest(message: "ActionCreatePreparedStatementRequest", kind: kind)
            #expect(try Self.read("CreatePreparedStatement", body).sql == .present(expected))
        }
        let plan = Make.any(Plan.with { $0.plan.plan = .init([1]) })
        #expect(try Self.read("CreatePreparedSubstraitPlan", plan).sql == .unreadable)
    }
}
