package import NIOCore

/// What an item of a list is about, read in place and strictly.
package enum ListedItem: Sendable, Equatable {
    /// A flight with a path.
    case path([String])
    /// A flight with a command.
    case command([UInt8])
    /// An action type.
    case action(String)

    /// The flight that a FlightInfo of ListFlights describes (Flight.proto, `flight_descriptor`); nil if that cannot be told.
    package static func flight(in info: ByteBuffer) -> ListedItem? {
        read(info, MessageShape.flightInfo) { field, value throws(FlightRequestProblem) in
            guard field.name == "flight_descriptor" else { return nil }
            let described = try FlightRequest.describing(value.bytes)
            if case .present(let path) = described.path { return .path(path) }
            if case .present(let command) = described.command { return .command(command) }
            return nil
        }
    }

    /// The type that an ActionType of ListActions names (Flight.proto, `type`); nil if that cannot be told.
    package static func action(in actionType: ByteBuffer) -> ListedItem? {
        read(actionType, MessageShape.actionType) { field, value throws(FlightRequestProblem) in
            field.name == "type" ? .action(value.text) : nil
        }
    }

    private static func read(
        _ message: ByteBuffer, _ shape: MessageShape,
        _ item: (MessageShape.Field, MessageShape.Value) throws(FlightRequestProblem) -> ListedItem?
    ) -> ListedItem? {
        message.withUnsafeReadableBytes { bytes in
            var found: ListedItem?
            do throws(FlightRequestProblem) {
                try shape.read(bytes) { field, value throws(FlightRequestProblem) in
                    found = try item(field, value) ?? found
                }
                return found
            } catch {
                return nil
            }
        }
    }
}
