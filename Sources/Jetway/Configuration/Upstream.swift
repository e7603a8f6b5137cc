package import StrictJSON

extension GatewayConfiguration {
    /// Flight servers that serve the same.
    package struct Upstream: Sendable, Hashable {
        package enum Locations: String, Sendable, CaseIterable {
            case rewrite, keep, strip
        }

        package enum Tickets: String, Sendable, CaseIterable {
            case seal, prefix, keep
        }

        package enum RawTickets: String, Sendable, CaseIterable {
            case byPolicy, deny
        }

        package var pointer: JSONPointer
        package var name: String
        package var servers: [Server]
        package var balance = Balance.leastCalls
        package var tls: UpstreamTLS?
        package var credentials = Credentials.none
        package var allowPlaintextCredentials = false
        package var locations = Locations.rewrite
        package var tickets = Tickets.seal
        package var rawTickets = RawTickets.byPolicy
        /// Whether a call that failed may be made again.
        package var idempotent = false
        /// Further gRPC services that are relayed as they are.
        package var services: [ServicePattern] = []
        package var health: Health?
        package var limits = Limits()
    }

    package struct UpstreamTLS: Sendable, Hashable {
        /// Certificates to trust instead of the system's.
        package var authority: FileReference?
        /// The gateway's own, for servers that ask.
        package var certificate: FileReference?
        package var key: FileReference?
        /// The name in the server's certificate, where it is not the host of its URL.
        package var serverName: String?
    }

    /// How it is found out whether a server works.
    package struct Health: Sendable, Hashable {
        package enum Check: String, Sendable, CaseIterable {
            case grpcHealth = "grpc.health"
            case listActions
            case connect
        }

        package var check = Check.connect
        package var every = Duration.seconds(5)
    }

    /// nil: what the limits of the process say.
    package struct Limits: Sendable, Hashable {
        package var calls: Int?
        package var pending: Int?
        package var connections: Int?
    }
}

extension GatewayConfiguration.Upstream {
    static func readAll(_ cursor: JSONCursor, folder: ConfigurationFolder) -> [Self]? {
        if case .object([]) = cursor.value {
            cursor.report("must not be empty")
            return nil
        }
        return cursor.members { name, cursor in
            do throws(JSONMismatch) {
                _ = try ConfigurationText.label(name)
            } catch {
                cursor.report(error.problem)
            }
            return cursor.object { Self.read($0, name: name, folder: folder) }
        }
    }

    private static func read(_ object: JSONObject, name: String, folder: ConfigurationFolder) -> Self? {
        let servers = object.required("servers") { $0.distinct(Server.read) }
        var upstream = Self(pointer: object.pointer, name: name, servers: servers ?? [])
        object.optional("balance", Balance.read).map { upstream.balance = $0 }
        upstream.tls = object.optional("tls") { GatewayConfiguration.UpstreamTLS.read($0, folder: folder) }
        object.optional("credentials") { Credentials.read($0, upstream: name, folder: folder) }
            .map { upstream.credentials = $0 }
        object.optional("allowPlaintextCredentials") { $0.boolean() }
            .map { upstream.allowPlaintextCredentials = $0 }
        object.optional("locations") { $0.choice(of: Locations.self) }.map { upstream.locations = $0 }
        object.optional("tickets") { $0.choice(of: Tickets.self) }.map { upstream.tickets = $0 }
        object.optional("rawTickets") { $0.choice(of: RawTickets.self) }.map { upstream.rawTickets = $0 }
        object.optional("idempotent") { $0.boolean() }.map { upstream.idempotent = $0 }
        object.optional("services") { $0.distinct { $0.parse(ServicePattern.init(parsing:)) } }
            .map { upstream.services = $0 }
        upstream.health = object.optional("health", GatewayConfiguration.Health.read)
        object.optional("limits", GatewayConfiguration.Limits.read).map { upstream.limits = $0 }
        return upstream
    }

    var json: JSONValue {
        .object(present: [
            "servers": .array(servers.map { .string($0.description) }), "balance": .string(balance.description),
            "tls": tls?.json, "credentials": credentials.json,
            "allowPlaintextCredentials": .boolean(allowPlaintextCredentials),
            "locations": .string(locations.rawValue), "tickets": .string(tickets.rawValue),
            "rawTickets": .string(rawTickets.rawValue), "idempotent": .boolean(idempotent),
            "services": services.isEmpty ? nil : .array(services.map { .string($0.description) }),
            "health": health?.json, "limits": limits.json,
        ])
    }
}

extension GatewayConfiguration.UpstreamTLS {
    static func read(_ cursor: JSONCursor, folder: ConfigurationFolder) -> Self? {
        cursor.object { object in
            var tls = Self()
            tls.authority = object.optional("ca") { $0.file(in: folder) }
            tls.certificate = object.optional("certificate") { $0.file(in: folder) }
            tls.key = object.optional("key") { $0.file(in: folder) }
            tls.serverName = object.optional("serverName") { cursor in
                cursor.parse { text throws(JSONMismatch) in try ConfigurationText.hostName(text) }
            }
            if object.contains("certificate") != object.contains("key") {
                cursor.report("\"certificate\" and \"key\" belong together")
            }
            return tls
        }
    }

    var json: JSONValue {
        .object(present: [
            "ca": authority?.json, "certificate": certificate?.json, "key": key?.json,
            "serverName": serverName.map(JSONValue.string),
        ])
    }
}

extension GatewayConfiguration.Health {
    static func read(_ cursor: JSONCursor) -> Self? {
        cursor.object { object in
            let check = object.optional("check") { $0.choice(of: Check.self) }
            let every = object.optional("every") { $0.duration(in: .milliseconds(100) ... .hours(1)) }
            return Self(check: check ?? .connect, every: every ?? .seconds(5))
        }
    }

    var json: JSONValue { .object(present: ["check": .string(check.rawValue), "every": every.json]) }
}

extension GatewayConfiguration.Limits {
    private static let counts = 1...1_000_000_000

    static func read(_ cursor: JSONCursor) -> Self? {
        cursor.object { object in
            Self(
                calls: object.optional("calls") { $0.integer(in: counts) },
                pending: object.optional("pending") { $0.integer(in: 0...counts.upperBound) },
                connections: object.optional("connections") { $0.integer(in: counts) })
        }
    }

    var json: JSONValue {
        .object(present: [
            "calls": calls.map(JSONValue.integer), "pending": pending.map(JSONValue.integer),
            "connections": connections.map(JSONValue.integer),
        ])
    }
}
