package import NIOCore

/// What an item of a list is about, read in place and strictly.
package enum ListedItem: Sendable, Equatable {
    /// A flight with a path.
    case path([String])
    /// A flight with a command.
    case command([UInt8])
    /// An action type.
    case action(String)

    /// The flight that a FlightInfo of ListFlights describes (Flight.proto, `flight_descriptor` 2); nil if that cannot be told.
    package static func flight(in info: ByteBuffer) -> ListedItem? {
        var descriptor: ByteBuffer?
        let isRead = fields(of: info) { reader, field in
            guard field.number == 2 else { return true }
            guard field.wireType == .lengthDelimited, descriptor == nil else { return false }
            descriptor = ByteBuffer(bytes: reader.bytes(of: field))
            return true
        }
        guard isRead, let descriptor else { return nil }
        return item(of: descriptor)
    }

    /// The type that an ActionType of ListActions names (Flight.proto, `type` 1); nil if that cannot be told.
    package static func action(in actionType: ByteBuffer) -> ListedItem? {
        var name: String?
        let isRead = fields(of: actionType) { reader, field in
            guard field.number == 1 else { return true }
            guard field.wireType == .lengthDelimited, name == nil else { return false }
            name = String(validating: reader.bytes(of: field), as: UTF8.self)
            return name != nil
        }
        return isRead ? name.map(ListedItem.action) : nil
    }

    /// Flight.proto, `FlightDescriptor`: `type` 1 (PATH 1, CMD 2), `cmd` 2, `path` 3.
    private static func item(of descriptor: ByteBuffer) -> ListedItem? {
        var kind: UInt64?
        var command: [UInt8]?
        var path: [String] = []
        let isRead = fields(of: descriptor) { reader, field in
            switch (field.number, field.wireType) {
            case (1, .varint) where kind == nil:
                kind = reader.varint(of: field)
                return kind != nil
            case (2, .lengthDelimited) where command == nil:
                command = Array(reader.bytes(of: field))
                return true
            case (3, .lengthDelimited):
                guard let part = String(validating: reader.bytes(of: field), as: UTF8.self) else { return false }
                path.append(part)
                return true
            case (1...3, _): return false
            default: return true
            }
        }
        guard isRead else { return nil }
        switch (kind, command, path.isEmpty) {
        case (1, nil, _): return .path(path)
        case (2, _, true): return .command(command ?? [])
        default: return nil
        }
    }

    /// Goes through a message's fields; false if it cannot be read, or if the closure does not like a field.
    private static func fields(
        of message: ByteBuffer, _ body: (ProtobufFieldReader, ProtobufFieldReader.Field) -> Bool
    ) -> Bool {
        message.withUnsafeReadableBytes { bytes in
            var reader = ProtobufFieldReader(bytes)
            do {
                while let field = try reader.next() {
                    guard body(reader, field) else { return false }
                }
                return true
            } catch {
                return false
            }
        }
    }
}
