package import FlightProtocol
package import NIOCore
package import SwiftProtobuf

/// A message of a call: written to the wire in parts, read from the bytes of one gRPC message.
package protocol FlightMessage: Sendable {
    /// Appends the gRPC prefix and the message to `head`, all but a body that is large; returns that.
    func write(into head: inout ByteBuffer) throws(FlightError) -> ByteBuffer?

    /// - Parameter message: the bytes of one message, without the gRPC prefix.
    init(reading message: ByteBuffer) throws(FlightError)
}

/// A message of Flight.proto, written and read by SwiftProtobuf.
package protocol ProtobufFlightMessage: FlightMessage, SwiftProtobuf.Message {}

extension ProtobufFlightMessage {
    package func write(into head: inout ByteBuffer) throws(FlightError) -> ByteBuffer? {
        let bytes: [UInt8]
        do {
            bytes = try serializedBytes()
        } catch {
            throw FlightError(.internal, "\(Self.protoMessageName) cannot be written")
        }
        guard let length = UInt32(exactly: bytes.count) else {
            throw FlightError(.resourceExhausted, "\(Self.protoMessageName) is larger than 4 GiB")
        }
        head.writeGRPCMessagePrefix(GRPCMessagePrefix(length: length))
        head.writeBytes(bytes)
        return nil
    }

    package init(reading message: ByteBuffer) throws(FlightError) {
        do {
            try self.init(serializedBytes: Array(message.readableBytesView))
        } catch {
            throw FlightError(.invalidArgument, "\(Self.protoMessageName) cannot be read")
        }
    }
}

// The messages of Flight.proto under the names that Flight gives them.
package typealias HandshakeRequest = Arrow_Flight_Protocol_HandshakeRequest
package typealias HandshakeResponse = Arrow_Flight_Protocol_HandshakeResponse
package typealias Criteria = Arrow_Flight_Protocol_Criteria
package typealias FlightDescriptor = Arrow_Flight_Protocol_FlightDescriptor
package typealias FlightInfo = Arrow_Flight_Protocol_FlightInfo
package typealias FlightEndpoint = Arrow_Flight_Protocol_FlightEndpoint
package typealias PollInfo = Arrow_Flight_Protocol_PollInfo
package typealias SchemaResult = Arrow_Flight_Protocol_SchemaResult
package typealias Ticket = Arrow_Flight_Protocol_Ticket
package typealias PutResult = Arrow_Flight_Protocol_PutResult
package typealias Action = Arrow_Flight_Protocol_Action
package typealias ActionType = Arrow_Flight_Protocol_ActionType
package typealias ActionResult = Arrow_Flight_Protocol_Result
package typealias Empty = Arrow_Flight_Protocol_Empty

extension HandshakeRequest: ProtobufFlightMessage {}
extension HandshakeResponse: ProtobufFlightMessage {}
extension Criteria: ProtobufFlightMessage {}
extension FlightDescriptor: ProtobufFlightMessage {}
extension FlightInfo: ProtobufFlightMessage {}
extension PollInfo: ProtobufFlightMessage {}
extension SchemaResult: ProtobufFlightMessage {}
extension Ticket: ProtobufFlightMessage {}
extension PutResult: ProtobufFlightMessage {}
extension Action: ProtobufFlightMessage {}
extension ActionType: ProtobufFlightMessage {}
extension ActionResult: ProtobufFlightMessage {}
extension Empty: ProtobufFlightMessage {}
