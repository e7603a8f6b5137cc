import FlightProtocol
import Foundation
import NIOCore
import SwiftProtobuf

/// First messages as SwiftProtobuf writes them, and as nobody should.
enum RequestMessages {
    static func bytes(_ message: some SwiftProtobuf.Message) -> [UInt8] {
        (try? message.serializedBytes()) ?? []
    }

    static func path(_ path: [String]) -> [UInt8] {
        bytes(
            Arrow_Flight_Protocol_FlightDescriptor.with {
                $0.type = .path
                $0.path = path
            })
    }

    static func command(_ command: [UInt8]) -> [UInt8] {
        bytes(
            Arrow_Flight_Protocol_FlightDescriptor.with {
                $0.type = .cmd
                $0.cmd = Data(command)
            })
    }

    static func ticket(_ ticket: [UInt8]) -> [UInt8] {
        bytes(Arrow_Flight_Protocol_Ticket.with { $0.ticket = Data(ticket) })
    }

    static func action(_ type: String, _ body: [UInt8] = []) -> [UInt8] {
        bytes(
            Arrow_Flight_Protocol_Action.with {
                $0.type = type
                $0.body = Data(body)
            })
    }

    static func info(_ tickets: [[UInt8]]) -> Arrow_Flight_Protocol_FlightInfo {
        Arrow_Flight_Protocol_FlightInfo.with { info in
            info.schema = Data([1, 2])
            info.flightDescriptor.type = .path
            info.flightDescriptor.path = ["a"]
            info.endpoint = tickets.map { ticket in
                Arrow_Flight_Protocol_FlightEndpoint.with {
                    $0.ticket.ticket = Data(ticket)
                    $0.location = [.with { $0.uri = "grpc://a:1" }]
                    $0.expirationTime.seconds = 7
                }
            }
            info.totalRecords = -1
            info.ordered = true
        }
    }

    static func cancel(_ tickets: [[UInt8]]) -> [UInt8] {
        bytes(Arrow_Flight_Protocol_CancelFlightInfoRequest.with { $0.info = info(tickets) })
    }

    static func renew(_ ticket: [UInt8]) -> [UInt8] {
        bytes(
            Arrow_Flight_Protocol_RenewFlightEndpointRequest.with { $0.endpoint = info([ticket]).endpoint[0] })
    }

    static func any(_ message: some SwiftProtobuf.Message) -> [UInt8] {
        (try? bytes(Google_Protobuf_Any(message: message))) ?? []
    }

    /// An Any of a message of Flight SQL with bytes of our own.
    static func any(_ name: String, _ value: [UInt8], package: String = "arrow.flight.protocol.sql") -> [UInt8] {
        bytes(
            Google_Protobuf_Any.with {
                $0.typeURL = "type.googleapis.com/\(package).\(name)"
                $0.value = Data(value)
            })
    }

    static func query(_ text: String) -> Arrow_Flight_Protocol_Sql_CommandStatementQuery {
        .with { $0.query = text }
    }

    /// A length-delimited field with a number below 16 and less than 128 bytes.
    static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        [number << 3 | 2, UInt8(bytes.count)] + bytes
    }

    static func read(_ rpc: FlightRPC, _ message: [UInt8]?) throws(FlightRequestProblem) -> FlightRequest {
        try FlightRequest.read(rpc, firstMessage: message.map { ByteBuffer(bytes: $0) })
    }
}
