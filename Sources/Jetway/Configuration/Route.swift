package import FlightProtocol
package import StrictJSON

extension GatewayConfiguration {
    /// Which calls go where. The first route that matches decides.
    package struct Route: Sendable, Hashable {
        /// What must all hold; nothing matches every call.
        package struct Match: Sendable, Hashable {
            package var ticketPrefix: String?
            /// Elements of a descriptor's path; `*` stands for one, `**` at the end for any number.
            package var path: [String]?
            package var commandPrefix: String?
            package var headers: [Header] = []
            /// Commands of Flight SQL.
            package var sql: [String] = []
            package var group: String?
            package var tenant: String?
            package var rpcs: [FlightRPC] = []
        }

        package struct Header: Sendable, Hashable {
            package var name: String
            package var value: String
        }

        package enum Target: Sendable, Hashable {
            case upstream(String)
            case split([Share])
            /// All of them are asked and their answers are joined.
            case all([String], onFailure: OnFailure)
        }

        package struct Share: Sendable, Hashable {
            package var upstream: String
            package var weight: Int
        }

        package enum OnFailure: String, Sendable, CaseIterable {
            case partial, fail
        }

        package var pointer: JSONPointer
        /// For logs and metrics.
        package var name: String?
        package var match: Match
        package var target: Target
        /// Whether the upstream gets the ticket without the prefix.
        package var strip = false
    }
}

extension GatewayConfiguration.Route {
    static func read(_ cursor: JSONCursor) -> Self? {
        cursor.object { object in
            let name = object.optional("name") { $0.parse(ConfigurationText.label) }
            let match = object.required("match", hint: "{} matches every call", Match.read)
            let target = object.required("to", Target.read)
            let strip = object.optional("strip") { $0.boolean() } ?? false
            guard let match, let target else { return nil }
            return Self(pointer: cursor.pointer, name: name, match: match, target: target, strip: strip)
        }
    }

    var json: JSONValue {
        .object(present: [
            "name": name.map(JSONValue.string), "match": match.json, "to": target.json, "strip": .boolean(strip),
        ])
    }
}

extension GatewayConfiguration.Route.Match {
    /// The commands of Flight SQL (FlightSql.proto).
    private static let commands = [
        "CommandGetCatalogs", "CommandGetCrossReference", "CommandGetDbSchemas", "CommandGetExportedKeys",
        "CommandGetImportedKeys", "CommandGetPrimaryKeys", "CommandGetSqlInfo", "CommandGetTableTypes",
        "CommandGetTables", "CommandGetXdbcTypeInfo", "CommandPreparedStatementQuery",
        "CommandPreparedStatementUpdate", "CommandStatementIngest", "CommandStatementQuery",
        "CommandStatementSubstraitPlan", "CommandStatementUpdate",
    ]

    static func read(_ cursor: JSONCursor) -> Self? {
        cursor.object { object in
            var match = Self()
            match.ticketPrefix = object.optional("ticketPrefix") { $0.name() }
            match.path = object.optional("path", readPath)
            match.commandPrefix = object.optional("commandPrefix") { $0.name() }
            match.headers = object.optional("header", readHeaders) ?? []
            match.sql =
                object.optional("sql") { cursor in
                    cursor.distinct { element in
                        element.parse { text throws(JSONMismatch) in
                            guard commands.contains(text) else { throw JSONMismatch.unknown(text, known: commands) }
                            return text
                        }
                    }
                } ?? []
            match.group = object.optional("group") { $0.name() }
            match.tenant = object.optional("tenant") { $0.name() }
            match.rpcs = object.optional("rpc") { $0.distinct { $0.choice(of: FlightRPC.self) } } ?? []
            return match
        }
    }

    private static func readPath(_ cursor: JSONCursor) -> [String]? {
        guard let elements = cursor.filledArray({ $0.name() }) else { return nil }
        if elements.dropLast().contains("**") { cursor.report("may have \"**\" only at its end") }
        return elements
    }

    private static func readHeaders(_ cursor: JSONCursor) -> [GatewayConfiguration.Route.Header]? {
        cursor.members { name, cursor in
            do throws(JSONMismatch) {
                let name = try ConfigurationText.headerName(name)
                return cursor.string().map { GatewayConfiguration.Route.Header(name: name, value: $0) }
            } catch {
                cursor.report(error.problem)
                return nil
            }
        }
    }

    var json: JSONValue {
        .object(present: [
            "ticketPrefix": ticketPrefix.map(JSONValue.string), "path": path.map { .array($0.map(JSONValue.string)) },
            "commandPrefix": commandPrefix.map(JSONValue.string),
            "header": headers.isEmpty ? nil : .object(headers.map { .init($0.name, .string($0.value)) }),
            "sql": sql.isEmpty ? nil : .array(sql.map(JSONValue.string)), "group": group.map(JSONValue.string),
            "tenant": tenant.map(JSONValue.string),
            "rpc": rpcs.isEmpty ? nil : .array(rpcs.map { .string($0.method) }),
        ])
    }
}

extension GatewayConfiguration.Route.Target {
    static func read(_ cursor: JSONCursor) -> Self? {
        switch cursor.value {
        case .string(let name): return .upstream(name)
        case .object:
            return cursor.object { object in
                guard object.contains("split") != object.contains("all") else {
                    for key in ["split", "all"] { _ = object.optional(key) }
                    cursor.report("needs either \"split\" or \"all\"")
                    return nil
                }
                if object.contains("split") { return object.optional("split", readSplit).map { .split($0) } }
                let all = object.optional("all") { $0.distinct { $0.name() } }
                let failure = object.optional("onFailure") { $0.choice(of: GatewayConfiguration.Route.OnFailure.self) }
                return all.map { .all($0, onFailure: failure ?? .fail) }
            }
        default:
            cursor.report(
                "expected the name of an upstream or an object with \"split\" or \"all\", found \(cursor.value.typeName)"
            )
            return nil
        }
    }

    private static func readSplit(_ cursor: JSONCursor) -> [GatewayConfiguration.Route.Share]? {
        let shares = cursor.members { name, cursor in
            cursor.integer(in: 1...1000).map { GatewayConfiguration.Route.Share(upstream: name, weight: $0) }
        }
        if case .object([]) = cursor.value { cursor.report("must not be empty") }
        return shares
    }

    /// The names of upstreams, each with its place below the target's.
    func upstreams(at pointer: JSONPointer) -> [(name: String, pointer: JSONPointer)] {
        switch self {
        case .upstream(let name): [(name, pointer)]
        case .split(let shares):
            shares.map { ($0.upstream, pointer.appending("split").appending($0.upstream)) }
        case .all(let names, _):
            names.enumerated().map { ($1, pointer.appending("all").appending($0)) }
        }
    }

    var json: JSONValue {
        switch self {
        case .upstream(let name): .string(name)
        case .split(let shares):
            .object([.init("split", .object(shares.map { .init($0.upstream, .integer($0.weight)) }))])
        case .all(let names, let onFailure):
            .object(present: [
                "all": .array(names.map(JSONValue.string)), "onFailure": .string(onFailure.rawValue),
            ])
        }
    }
}
