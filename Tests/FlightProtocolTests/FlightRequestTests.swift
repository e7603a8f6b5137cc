import FlightProtocol
import Foundation
import NIOCore
import SwiftProtobuf
import TestSupport
import Testing

@Suite struct FlightRequestTests {
    typealias Make = RequestMessages
    typealias Reason = FlightRequestProblem.Reason

    static let described: [FlightRPC] = [.getFlightInfo, .pollFlightInfo, .getSchema]
    static let uploads: [FlightRPC] = [.doPut, .doExchange]

    /// A descriptor as this RPC's first message has it.
    static func wrap(_ descriptor: [UInt8], for rpc: FlightRPC) -> [UInt8] {
        guard uploads.contains(rpc) else { return descriptor }
        return Make.field(1, descriptor) + Make.field(2, [9]) + [0xc2, 0x3e, 1, 0]
    }

    @Test("The path of a descriptor is what is asked for, and it hides no SQL", arguments: described + uploads)
    func path(_ rpc: FlightRPC) throws {
        for path in [[], ["a"], ["sales", "2024", ""], ["größe", "a/b"]] {
            var expected = FlightRequest()
            expected.path = .present(path)
            #expect(try Make.read(rpc, Self.wrap(Make.path(path), for: rpc)) == expected)
        }
        // A field that the protocol does not have yet.
        let later = Make.path(["a"]) + [0x20, 1] + Make.field(5, [1]) + [0xa5, 6, 0, 0, 0, 0]
        #expect(try Make.read(rpc, Self.wrap(later, for: rpc)).path == .present(["a"]))
    }

    @Test("The bytes of a command are what is asked for, and they may hide SQL", arguments: described + uploads)
    func command(_ rpc: FlightRPC) throws {
        for command in [[], [0xff, 0], Array("SELECT 1".utf8)] as [[UInt8]] {
            var expected = FlightRequest()
            expected.command = .present(command)
            expected.sql = .unreadable
            #expect(try Make.read(rpc, Self.wrap(Make.command(command), for: rpc)) == expected)
        }
        let empty: [UInt8] = [0x08, 2, 0x12, 0]
        #expect(try Make.read(rpc, Self.wrap(empty, for: rpc)).command == .present([]))
    }

    @Test("A descriptor that two parsers could read differently is refused", arguments: described + uploads)
    func descriptors(_ rpc: FlightRPC) throws {
        let name = "FlightDescriptor"
        let cases: [([UInt8], Reason)] = [
            ([], .descriptorType), ([0x08, 0], .descriptorType), ([0x08, 3], .descriptorType),
            (Make.field(2, [1]), .descriptorType), (Make.field(3, [0x61]), .descriptorType),
            ([0x08, 1] + Make.field(2, [1]), .descriptorType), ([0x08, 1] + Make.field(2, []), .descriptorType),
            ([0x08, 2] + Make.field(3, [0x61]), .descriptorType), ([0x08, 0] + Make.field(2, [1]), .descriptorType),
            // 2³² + 1: PATH to a parser that cuts numbers off.
            ([0x08, 0x81, 0x80, 0x80, 0x80, 0x10] + Make.field(3, [0x61]), .descriptorType),
            ([0x08, 1] + Make.field(3, [0x61]) + Make.field(2, [1]), .pathAndCommand),
            ([0x08, 2] + Make.field(2, [1]) + Make.field(3, [0x61]), .pathAndCommand),
            ([0x08, 2] + Make.field(2, []) + Make.field(3, [0x61]), .pathAndCommand),
            ([0x08, 1, 0x08, 1], .repeated(field: "type")), ([0x08, 1, 0x08, 2], .repeated(field: "type")),
            ([0x08, 2] + Make.field(2, [1]) + Make.field(2, [2]), .repeated(field: "cmd")),
            ([0x08, 2] + Make.field(2, [1]) + Make.field(2, [1]), .repeated(field: "cmd")),
            (Make.field(1, [1]), .wireType(field: "type")), ([0x08, 2, 0x10, 1], .wireType(field: "cmd")),
            ([0x08, 1, 0x18, 1], .wireType(field: "path")), ([0x08, 1, 0x1d, 0, 0, 0, 0], .wireType(field: "path")),
            ([0x08, 1] + Make.field(3, [0xff]), .text(field: "path")),
            ([0x08, 1] + Make.field(3, [0xc0, 0x80]), .text(field: "path")),
            ([0x08, 1] + Make.field(3, [0xed, 0xa0, 0x80]), .text(field: "path")),
            ([0x08, 1, 0x1a, 2, 0x61], .malformed(.truncated)), ([0x08, 1, 0], .malformed(.fieldNumber)),
            ([0x08, 0x81, 0], .malformed(.overlongVarint)), ([0x88, 0, 1], .malformed(.overlongVarint)),
            ([0x08, 1, 0x23, 0x24], .malformed(.group)), ([0x08, 1, 0x26], .malformed(.unknownWireType)),
        ]
        for (descriptor, reason) in cases {
            #expect(throws: FlightRequestProblem(name, reason)) {
                try Make.read(rpc, Self.wrap(descriptor, for: rpc))
            }
        }
    }

    @Test("An upload's first message is read as strictly as its descriptor", arguments: uploads)
    func strictUploads(_ rpc: FlightRPC) throws {
        let descriptor = Make.field(1, Make.path(["a"]))
        #expect(try Make.read(rpc, descriptor).path == .present(["a"]))
        #expect(try Make.read(rpc, [0xc2, 0x3e, 1, 0] + descriptor).path == .present(["a"]))
        let cases: [([UInt8], Reason)] = [
            (descriptor + descriptor, .repeated(field: "flight_descriptor")),
            (descriptor + Make.field(2, [1]) + Make.field(2, [1]), .repeated(field: "data_header")),
            (descriptor + Make.field(3, [1]) + Make.field(3, []), .repeated(field: "app_metadata")),
            (descriptor + [0xc2, 0x3e, 0, 0xc2, 0x3e, 0], .repeated(field: "data_body")),
            ([0x08, 1], .wireType(field: "flight_descriptor")),
            (descriptor + [0xc0, 0x3e, 0], .wireType(field: "data_body")),
            (descriptor + [0], .malformed(.fieldNumber)), (descriptor + [0xc2, 0x3e, 1], .malformed(.truncated)),
        ]
        for (message, reason) in cases {
            #expect(throws: FlightRequestProblem("FlightData", reason)) { try Make.read(rpc, message) }
        }
    }

    @Test("An upload without a descriptor names nothing", arguments: uploads)
    func nothingNamed(_ rpc: FlightRPC) throws {
        for message in [nil, [], Make.field(2, [1]), [0xc2, 0x3e, 0]] as [[UInt8]?] {
            #expect(try Make.read(rpc, message) == FlightRequest())
        }
    }

    @Test("The bytes of a ticket are what is asked for, also if there are none")
    func ticket() throws {
        for ticket in [[], [0xff, 0], Array("sales/2024".utf8)] as [[UInt8]] {
            var expected = FlightRequest()
            expected.ticket = .present(ticket)
            expected.sql = .unreadable
            #expect(try Make.read(.doGet, Make.ticket(ticket)) == expected)
        }
        let cases: [([UInt8], Reason)] = [
            (Make.field(1, [1]) + Make.field(1, [2]), .repeated(field: "ticket")),
            ([0x08, 1], .wireType(field: "ticket")), ([0x0a, 2, 1], .malformed(.truncated)),
            (Make.field(1, [1]) + [0], .malformed(.fieldNumber)), ([0x0b, 0x0c], .malformed(.group)),
        ]
        for (message, reason) in cases {
            #expect(throws: FlightRequestProblem("Ticket", reason)) { try Make.read(.doGet, message) }
        }
    }

    @Test("Criteria are what ListFlights asks by, also if there are none")
    func criteria() throws {
        for expression in [[], [0xff], Array("a=b".utf8)] as [[UInt8]] {
            var expected = FlightRequest()
            expected.criteria = .present(expression)
            let message = Arrow_Flight_Protocol_Criteria.with { $0.expression = .init(expression) }
            #expect(try Make.read(.listFlights, Make.bytes(message)) == expected)
        }
        #expect(throws: FlightRequestProblem("Criteria", .repeated(field: "expression"))) {
            try Make.read(.listFlights, Make.field(1, []) + Make.field(1, []))
        }
        #expect(throws: FlightRequestProblem("Criteria", .wireType(field: "expression"))) {
            try Make.read(.listFlights, [0x0d, 0, 0, 0, 0])
        }
    }

    @Test("ListActions and Handshake ask for nothing, whatever they send")
    func nothing() throws {
        for rpc in [FlightRPC.listActions, .handshake] {
            for message in [nil, [], [0xff], Make.ticket([1])] as [[UInt8]?] {
                #expect(try Make.read(rpc, message) == FlightRequest())
            }
        }
    }

    @Test(
        "A request that ends without the message that its RPC takes is refused",
        arguments: [
            (.getFlightInfo, "FlightDescriptor"), (.pollFlightInfo, "FlightDescriptor"),
            (.getSchema, "FlightDescriptor"), (.doGet, "Ticket"), (.doAction, "Action"), (.listFlights, "Criteria"),
        ] as [(FlightRPC, String)])
    func missing(_ rpc: FlightRPC, _ name: String) {
        #expect(throws: FlightRequestProblem(name, .missing)) { try Make.read(rpc, nil) }
    }

    @Test("A message is found where a buffer's readable bytes begin")
    func readerIndex() throws {
        var buffer = ByteBuffer(bytes: [1, 2, 3] + Make.ticket([7]))
        buffer.moveReaderIndex(forwardBy: 3)
        #expect(try FlightRequest.read(.doGet, firstMessage: buffer).ticket == .present([7]))
    }

    @Test("A problem tells the message and the field, and nothing that was sent")
    func descriptions() {
        #expect(
            FlightRequestProblem("FlightDescriptor", .pathAndCommand).description
                == "FlightDescriptor has a path and a command")
        #expect(
            FlightRequestProblem("Ticket", .repeated(field: "ticket")).description
                == "Ticket has the field ticket more than once")
        #expect(
            FlightRequestProblem("Action", .malformed(.truncated)).description
                == "Action is not a protobuf message: a field does not end inside it")
    }
}
