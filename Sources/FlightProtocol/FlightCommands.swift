package import NIOCore

/// Reads what a request asks for, in place and strictly: a message that two parsers could read differently gives nothing.
package enum FlightCommands {
    /// The command of a FlightDescriptor (Flight.proto: `type` 1, `cmd` 2, `path` 3); nil if it has none, or also a path.
    package static func command(in descriptor: ByteBuffer) -> ByteBuffer? {
        var kind: UInt64?
        var command: ByteBuffer?
        let isRead = read(descriptor) { reader, field in
            switch (field.number, field.wireType) {
            case (1, .varint):
                guard kind == nil else { return false }
                kind = reader.varint(of: field)
                return true
            case (2, .lengthDelimited):
                guard command == nil else { return false }
                command = ByteBuffer(bytes: reader.bytes(of: field))
                return true
            case (1...3, _): return false
            default: return true
            }
        }
        return isRead && kind == 2 ? command : nil
    }

    /// The bytes of a Ticket (Flight.proto: `ticket` 1).
    package static func ticket(in message: ByteBuffer) -> ByteBuffer? {
        var ticket: ByteBuffer?
        let isRead = read(message) { reader, field in
            guard field.number == 1 else { return true }
            guard field.wireType == .lengthDelimited, ticket == nil else { return false }
            ticket = ByteBuffer(bytes: reader.bytes(of: field))
            return true
        }
        return isRead ? ticket ?? ByteBuffer() : nil
    }

    /// The full name of the message that a `google.protobuf.Any` carries (any.proto: `type_url` 1, `value` 2).
    package static func anyTypeName(in bytes: ByteBuffer) -> String? {
        var url: String?
        var hasValue = false
        let isRead = read(bytes) { reader, field in
            switch (field.number, field.wireType) {
            case (1, .lengthDelimited):
                guard url == nil else { return false }
                url = String(validating: reader.bytes(of: field), as: UTF8.self)
                return url != nil
            case (2, .lengthDelimited):
                defer { hasValue = true }
                return !hasValue
            case (1...2, _): return false
            default: return true
            }
        }
        guard isRead, let url else { return nil }
        return AnyTypeName(typeURL: url)?.description
    }

    /// Goes through a message's fields; false if it cannot be read, or if the closure does not like a field.
    private static func read(
        _ message: ByteBuffer, _ body: (ProtobufFieldReader, ProtobufFieldReader.Field) -> Bool
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
