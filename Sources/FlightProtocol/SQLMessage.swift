/// A message of Flight SQL that a client sends in an `Any`, and what it asks for.
struct SQLMessage: Sendable {
    typealias Part = FlightRequest.Part<SQLRequest>

    /// How a message's fields tell what it asks for.
    enum Meaning: Sendable {
        /// By the text of its statement.
        case statement
        /// By its name alone.
        case kind(SQLKind)
        /// Metadata of what its fields name or filter by.
        case metadata
        /// Metadata of two tables.
        case crossReference
        case ingest
        /// A plan: nobody can tell.
        case plan
    }

    /// The package's name and its dot (FlightSql.proto).
    private static let prefix = "arrow.flight.protocol.sql."

    let shape: MessageShape
    let meaning: Meaning

    init(_ meaning: Meaning, _ shape: MessageShape) {
        self.shape = shape
        self.meaning = meaning
    }

    /// What the bytes of a command or a ticket ask for.
    ///
    /// Bytes that are not strictly an `Any` with a command or ticket of Flight SQL are unreadable: they may be anything,
    /// SQL too. Those that are must be strict to their end.
    static func inCommand(_ bytes: UnsafeRawBufferPointer) throws(FlightRequestProblem) -> Part {
        guard let (name, value) = open(bytes), let message = commands[name] else { return .unreadable }
        return try message.read(value)
    }

    /// The message in the body of an action of Flight SQL; nil if there is no such action.
    static func action(_ type: String) -> Self? { actions["Action\(type)Request"] }

    /// What the body of this action asks for.
    func read(any bytes: UnsafeRawBufferPointer) throws(FlightRequestProblem) -> Part {
        guard let value = value(ofAny: bytes) else { return .unreadable }
        return try read(value)
    }

    /// The value of an `Any` that carries this message; nil if it carries another, or is none.
    func value(ofAny bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard let (name, value) = Self.open(bytes), name == shape.name else { return nil }
        return value
    }

    /// The name of the message of Flight SQL in an `Any`, in ASCII, and the message.
    private static func open(_ bytes: UnsafeRawBufferPointer) -> (name: String, value: UnsafeRawBufferPointer)? {
        var url = ""
        var body = UnsafeRawBufferPointer(start: nil, count: 0)
        do throws(FlightRequestProblem) {
            try MessageShape.any.read(bytes) { field, value in
                if field.number == 1 { url = value.text } else { body = value.bytes }
            }
        } catch {
            return nil
        }
        // Strings are equal by Unicode's equivalence, which is that of bytes for ASCII alone.
        guard let full = AnyTypeName(typeURL: url)?.description, full.utf8.allSatisfy({ $0 < 0x80 }),
            full.hasPrefix(prefix)
        else { return nil }
        return (String(full.dropFirst(prefix.utf8.count)), body)
    }

    private func read(_ bytes: UnsafeRawBufferPointer) throws(FlightRequestProblem) -> Part {
        switch meaning {
        case .kind(let kind):
            try shape.read(bytes)
            return .present(SQLRequest(message: shape.name, kind: kind))
        case .plan:
            try shape.read(bytes)
            return .unreadable
        case .statement: return try readStatement(bytes)
        case .metadata: return try readMetadata(bytes)
        case .crossReference: return try readCrossReference(bytes)
        case .ingest: return try readIngest(bytes)
        }
    }

    private func readStatement(_ bytes: UnsafeRawBufferPointer) throws(FlightRequestProblem) -> Part {
        var query = ""
        try shape.read(bytes) { field, value in
            if field.number == 1 { query = value.text }
        }
        return .present(SQLRequest(message: shape.name, kind: SQLStatement.kind(of: query)))
    }

    private func readMetadata(_ bytes: UnsafeRawBufferPointer) throws(FlightRequestProblem) -> Part {
        var request = SQLRequest(message: shape.name, kind: .metadata)
        try shape.read(bytes) { field, value in
            switch field.name {
            case "catalog": request.catalog = value.text
            case "db_schema", "db_schema_filter_pattern": request.schema = value.text
            case "table", "table_name_filter_pattern": request.table = value.text
            default: break
            }
        }
        return .present(request)
    }

    /// A request names one thing of a sort: what the two tables do not share is not named.
    private func readCrossReference(_ bytes: UnsafeRawBufferPointer) throws(FlightRequestProblem) -> Part {
        var names = [String?](repeating: nil, count: 7)
        try shape.read(bytes) { field, value in names[field.number] = value.text }
        var request = SQLRequest(message: shape.name, kind: .metadata)
        request.catalog = names[1] == names[4] ? names[1] : nil
        request.schema = names[2] == names[5] ? names[2] : nil
        request.table = names[3] == names[6] ? names[3] : nil
        return .present(request)
    }

    private func readIngest(_ bytes: UnsafeRawBufferPointer) throws(FlightRequestProblem) -> Part {
        var request = SQLRequest(message: shape.name, kind: .write)
        var ifNotExist: UInt64 = 0
        var ifExists: UInt64 = 0
        try shape.read(bytes) { field, value throws(FlightRequestProblem) in
            switch field.number {
            case 1:
                try MessageShape.tableDefinitionOptions.read(value.bytes) { option, value in
                    if option.number == 1 { ifNotExist = value.number } else { ifExists = value.number }
                }
            case 2: request.table = value.text
            case 3: request.schema = value.text
            case 4: request.catalog = value.text
            default: break
            }
        }
        guard let mode = Self.mode(ifNotExist: ifNotExist, ifExists: ifExists) else { return .unreadable }
        request.mode = mode
        return .present(request)
    }

    /// The mode by the names that ADBC gives it; nil if a choice is left open, which clients must not do, so that nobody
    /// can tell what becomes of the table (FlightSql.proto, `TableNotExistOption`, `TableExistsOption`).
    private static func mode(ifNotExist: UInt64, ifExists: UInt64) -> String? {
        switch (ifNotExist, ifExists) {
        case (1, 1): "create"
        case (1, 2): "create_append"
        case (2, 2): "append"
        case (1...2, 3): "replace"
        case (2, 1): "fail"
        default: nil
        }
    }
}
