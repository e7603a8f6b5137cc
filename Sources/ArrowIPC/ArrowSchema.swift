package import NIOCore

/// The columns of a stream, for showing and comparing (Schema.fbs, table `Schema`).
package struct ArrowSchema: Sendable, Equatable {
    package let fields: [ArrowField]
    package let metadata: [ArrowMetadata]
    /// Whether the numbers in bodies have their highest byte first.
    package let isBigEndian: Bool

    package init(fields: [ArrowField], metadata: [ArrowMetadata] = [], isBigEndian: Bool = false) {
        self.fields = fields
        self.metadata = metadata
        self.isBigEndian = isBigEndian
    }

    /// The schema in a schema message.
    ///
    /// - Parameter message: the bare flatbuffer, as `FlightData.data_header` carries it.
    /// - Throws: `IPCProblem`, with an offset in `message`.
    package static func parse(message: ByteBuffer) throws(IPCProblem) -> ArrowSchema {
        let read = message.withUnsafeReadableBytes { bytes -> Result<ArrowSchema, IPCProblem> in
            Result { () throws(IPCProblem) in
                guard MessageHeader.parse(bytes)?.kind == .schema, let table = MessageHeader.schemaTable(bytes) else {
                    throw IPCProblem(offset: 0, text: "it is no Arrow schema message")
                }
                var reader = SchemaReader(size: bytes.count)
                return try reader.schema(table)
            }
        }
        return try read.get()
    }

    /// Whether names, types and nullability are the same; metadata and the ids of dictionaries may differ.
    func hasSameColumns(as other: ArrowSchema) -> Bool {
        isBigEndian == other.isBigEndian && fields.count == other.fields.count
            && zip(fields, other.fields).allSatisfy { $0.hasSameColumn(as: $1) }
    }
}

extension ArrowSchema: CustomStringConvertible {
    /// One line per field, as pyarrow shows it: `id: int64 not null`.
    package var description: String {
        fields.map(\.description).joined(separator: "\n")
    }
}

/// A column, or a part of a nested one (Schema.fbs, table `Field`).
package struct ArrowField: Sendable, Equatable {
    package let name: String
    package let isNullable: Bool
    /// With what is nested in it. Of a field that is encoded by a dictionary: `ArrowType.dictionary`.
    package let type: ArrowType
    package let metadata: [ArrowMetadata]

    package init(_ name: String, _ type: ArrowType, isNullable: Bool = true, metadata: [ArrowMetadata] = []) {
        self.name = name
        self.isNullable = isNullable
        self.type = type
        self.metadata = metadata
    }

    /// The fields that are nested in the type.
    package var children: [ArrowField] { type.children }

    /// How the field is encoded by a dictionary, if it is.
    package var dictionary: DictionaryEncoding? {
        guard case .dictionary(let encoding, _) = type else { return nil }
        return encoding
    }

    fileprivate func hasSameColumn(as other: ArrowField) -> Bool {
        guard name == other.name, isNullable == other.isNullable, children.count == other.children.count,
            dictionary?.indexType == other.dictionary?.indexType, type.nameAlone == other.type.nameAlone,
            type.unionCodes == other.type.unionCodes
        else { return false }
        return zip(children, other.children).allSatisfy { $0.hasSameColumn(as: $1) }
    }
}

extension ArrowField: CustomStringConvertible {
    /// As pyarrow shows it: `id: int64 not null`. Control characters in the name are escaped.
    package var description: String {
        "\(name.escapingControls): \(type)\(isNullable ? "" : " not null")"
    }
}

/// How a column is encoded by a dictionary (Schema.fbs, table `DictionaryEncoding`).
package struct DictionaryEncoding: Sendable, Equatable {
    /// What dictionary batches name.
    package let id: Int64
    package let indexType: ArrowType
    /// Whether the order of the entries means something.
    package let isOrdered: Bool

    package init(id: Int64, indexType: ArrowType, isOrdered: Bool = false) {
        self.id = id
        self.indexType = indexType
        self.isOrdered = isOrdered
    }
}

/// Something that a user or a program says about a schema or a field (Schema.fbs, table `KeyValue`).
package struct ArrowMetadata: Sendable, Equatable {
    package let key: String
    /// For showing: what is not UTF-8 is repaired, for programs keep bytes of all kinds here.
    package let value: String

    package init(key: String, value: String) {
        self.key = key
        self.value = value
    }
}

extension String {
    /// Control characters as Swift writes them in literals, so that a file's names cannot steer a terminal.
    package var escapingControls: String {
        guard unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return self }
        return unicodeScalars.reduce(into: "") { text, scalar in
            if scalar.properties.generalCategory == .control {
                text += scalar.escaped(asASCII: true)
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }
}
