/// Why the first message of a request is refused: two parsers could read it differently, or it is not there.
package struct FlightRequestProblem: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Reason: Sendable, Equatable {
        /// The RPC takes a message, and the request ended without one.
        case missing
        /// The bytes are no message.
        case malformed(ProtobufFieldReader.Problem)
        /// A field that a message has once is there twice.
        case repeated(field: String)
        /// A field has a wire type that is not its own.
        case wireType(field: String)
        /// A string is not UTF-8.
        case text(field: String)
        /// Packed numbers do not end with their field.
        case packed(field: String)
        /// A descriptor has a path and a command.
        case pathAndCommand
        /// A descriptor's type is neither PATH nor CMD, or it is not that of what the descriptor has.
        case descriptorType
    }

    /// The name of the message in Flight.proto or FlightSql.proto.
    package let message: String
    package let reason: Reason

    package init(_ message: String, _ reason: Reason) {
        self.message = message
        self.reason = reason
    }

    /// A sentence for the client: it repeats nothing of what was sent.
    package var description: String {
        switch reason {
        case .missing: "the request has no \(message)"
        case .malformed(let problem): "\(message) is not a protobuf message: \(Self.text(of: problem))"
        case .repeated(let field): "\(message) has the field \(field) more than once"
        case .wireType(let field): "\(message) has the field \(field) with a wire type that is not its own"
        case .text(let field): "\(message) has bytes in the field \(field) that are not UTF-8"
        case .packed(let field): "\(message) has numbers in the field \(field) that do not end with it"
        case .pathAndCommand: "\(message) has a path and a command"
        case .descriptorType: "\(message) has a type that is not that of its path or command"
        }
    }

    private static func text(of problem: ProtobufFieldReader.Problem) -> String {
        switch problem {
        case .overlongVarint: "a varint is longer than its number needs"
        case .truncated: "a field does not end inside it"
        case .group: "it has a group"
        case .unknownWireType: "it has a wire type that does not exist"
        case .fieldNumber: "it has a field number that does not exist"
        }
    }
}
