/// The fields of a message as its proto file has them, to read it strictly and in place.
///
/// Fields that the shape does not have are passed over; those that it has must have their wire type, singular ones at
/// most once, and what lies in them must be as strict. So whatever is read has one reading.
struct MessageShape: Sendable {
    enum Kind: Sendable {
        case text
        case bytes
        /// A varint: a number, a bool or an enum.
        case number
        case double
        /// Repeated numbers, each a varint, or all packed into one value ("Encoding", "Packed Repeated Fields").
        case numbers
        /// A message that is read through and given to the visitor as bytes.
        case message(MessageShape)
        /// A message that the visitor reads itself.
        case part
    }

    struct Field: Sendable {
        let number: Int
        let name: String
        let kind: Kind
        let isRepeated: Bool

        static func one(_ number: Int, _ name: String, _ kind: Kind) -> Self {
            Self(number: number, name: name, kind: kind, isRepeated: false)
        }

        static func many(_ number: Int, _ name: String, _ kind: Kind) -> Self {
            Self(number: number, name: name, kind: kind, isRepeated: true)
        }
    }

    /// What a field holds. Bytes live as long as the message.
    enum Value {
        case number(UInt64)
        case text(String)
        case bytes(UnsafeRawBufferPointer)

        var number: UInt64 { if case .number(let number) = self { number } else { 0 } }
        var text: String { if case .text(let text) = self { text } else { "" } }
        var bytes: UnsafeRawBufferPointer {
            if case .bytes(let bytes) = self { bytes } else { UnsafeRawBufferPointer(start: nil, count: 0) }
        }
    }

    /// The message's name without its package.
    let name: String
    /// At most 64.
    let fields: [Field]

    init(_ name: String, _ fields: Field...) {
        self.name = name
        self.fields = fields
    }

    /// Reads the message in `bytes`; shows each known field to `visit`, in the order in which they come.
    func read(
        _ bytes: UnsafeRawBufferPointer,
        _ visit: (Field, Value) throws(FlightRequestProblem) -> Void = { _, _ in }
    ) throws(FlightRequestProblem) {
        var reader = ProtobufFieldReader(bytes)
        var seen: UInt64 = 0
        while let found = try next(&reader) {
            guard let index = fields.firstIndex(where: { $0.number == found.number }) else { continue }
            let field = fields[index]
            let bit: UInt64 = 1 << UInt64(index)
            guard field.isRepeated || seen & bit == 0 else {
                throw FlightRequestProblem(name, .repeated(field: field.name))
            }
            seen |= bit
            try visit(field, try value(of: field, at: found, reader))
        }
    }

    private func next(
        _ reader: inout ProtobufFieldReader
    ) throws(FlightRequestProblem) -> ProtobufFieldReader.Field? {
        do throws(ProtobufFieldReader.Problem) {
            return try reader.next()
        } catch {
            throw FlightRequestProblem(name, .malformed(error))
        }
    }

    private func value(
        of field: Field, at found: ProtobufFieldReader.Field, _ reader: ProtobufFieldReader
    ) throws(FlightRequestProblem) -> Value {
        let bytes = reader.bytes(of: found)
        switch (field.kind, found.wireType) {
        case (.number, .varint), (.numbers, .varint):
            return .number(reader.varint(of: found) ?? 0)
        case (.numbers, .lengthDelimited):
            guard Self.holdsVarints(bytes) else { throw FlightRequestProblem(name, .packed(field: field.name)) }
            return .bytes(bytes)
        case (.text, .lengthDelimited):
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw FlightRequestProblem(name, .text(field: field.name))
            }
            return .text(text)
        case (.message(let shape), .lengthDelimited):
            try shape.read(bytes)
            return .bytes(bytes)
        case (.bytes, .lengthDelimited), (.part, .lengthDelimited), (.double, .fixed64):
            return .bytes(bytes)
        case (.text, _), (.bytes, _), (.number, _), (.double, _), (.numbers, _), (.message, _), (.part, _):
            throw FlightRequestProblem(name, .wireType(field: field.name))
        }
    }

    private static func holdsVarints(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var varint = ProtobufVarint()
        for byte in bytes {
            if case .overlong = varint.push(byte) { return false }
        }
        return varint.isEmpty
    }
}
