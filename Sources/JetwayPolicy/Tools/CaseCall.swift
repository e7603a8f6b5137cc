internal import FlightProtocol
internal import JetwayCore
internal import StrictJSON

/// Who calls in a case: a qualified subject, or an object with more about it.
enum CasePrincipal {
    static func read(_ cursor: JSONCursor) -> Principal? {
        if case .string = cursor.value { return principal(cursor, groups: [], tenant: nil, claims: [:]) }
        return cursor.object { object in
            let subject = object.required("subject")
            let groups = object.optional("groups") { list in list.array { $0.name() } }
            let tenant = object.optional("tenant") { $0.name() }
            let claims = object.optional("claims") { cursor in
                cursor.members { name, cursor in
                    cursor.array { $0.string() }.map { (name, $0) }
                }
            }
            guard let subject else { return nil }
            return principal(
                subject, groups: groups ?? [], tenant: tenant,
                claims: Dictionary(claims ?? [], uniquingKeysWith: { first, _ in first }))
        }
    }

    private static func principal(
        _ cursor: JSONCursor, groups: [String], tenant: String?, claims: [String: [String]]
    ) -> Principal? {
        cursor.parse { text throws(JSONMismatch) in
            let method = Principal.Method.allCases.first { text.utf8.starts(with: "\($0.rawValue):".utf8) }
            guard let method else { throw JSONMismatch("does not say whose name it is", hint: "write METHOD:NAME") }
            return Principal(
                subject: text, method: method, source: nil, groups: groups, tenant: tenant, claims: claims)
        }
    }
}

/// What a case's first message asks for.
enum CaseRequest {
    static func read(_ object: JSONObject) -> FlightRequest? {
        let keys = ["path", "command", "ticket", "action", "criteria", "sql", "unreadable"]
        let isGiven = keys.contains { object.contains($0) }
        var request = FlightRequest()
        if let path = object.optional("path", { list in list.array { $0.string() } }) { request.path = .present(path) }
        if let command = object.optional("command", bytes) { request.command = .present(command) }
        if let ticket = object.optional("ticket", bytes) { request.ticket = .present(ticket) }
        if let action = object.optional("action", { $0.string() }) { request.action = .present(action) }
        if let criteria = object.optional("criteria", bytes) { request.criteria = .present(criteria) }
        if let sql = object.optional("sql", sql) { request.sql = .present(sql) }
        for part in object.optional("unreadable", { $0.distinct(part) }) ?? [] {
            switch part {
            case .path: request.path = .unreadable
            case .command: request.command = .unreadable
            case .ticket: request.ticket = .unreadable
            case .action: request.action = .unreadable
            case .criteria: request.criteria = .unreadable
            case .sql: request.sql = .unreadable
            }
        }
        guard object.optional("message", { $0.boolean() }) == false else { return request }
        if isGiven {
            object.problems.add(object.pointer.appending("message"), "there is something of the message beside it")
        }
        return nil
    }

    private static func bytes(_ cursor: JSONCursor) -> [UInt8]? {
        if case .string("") = cursor.value { return [] }
        return BytePrefix.read(cursor)
    }

    private static func part(_ cursor: JSONCursor) -> RequestPart? {
        cursor.parse { text throws(JSONMismatch) in
            guard let part = RequestPart.allCases.first(where: { "\($0)" == text }) else {
                throw JSONMismatch.unknown(text, known: RequestPart.allCases.map { "\($0)" })
            }
            return part
        }
    }

    private static func sql(_ cursor: JSONCursor) -> SQLRequest? {
        cursor.object { object in
            let message = object.required("message") { $0.name() }
            let kind = object.required("kind") { $0.choice(of: SQLKind.self) }
            let names = ["catalog", "schema", "table", "mode"].map { key in object.optional(key) { $0.string() } }
            guard let message, let kind else { return nil }
            var request = SQLRequest(message: message, kind: kind)
            (request.catalog, request.schema, request.table, request.mode) = (names[0], names[1], names[2], names[3])
            return request
        }
    }
}
