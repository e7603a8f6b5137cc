package import FlightProtocol
package import JetwayCore
package import StrictJSON

extension GatewayConfiguration {
    /// How callers prove who they are.
    package struct Authentication: Sendable, Hashable {
        /// In the order in which they are tried.
        package var methods: [Method] = []
        /// nil: the gateway's tokens are sealed with keys of the process, and end with it.
        package var tokens: Tokens?
        /// Headers in which tokens are looked for, in this order.
        package var tokenHeaders = ["authorization"]
        /// What is let in without a login.
        package var beforeLogin: [BeforeLogin] = []
    }

    /// The gateway's own bearer tokens.
    package struct Tokens: Sendable, Hashable {
        package static let lifetimes = Duration.minutes(1)...Duration.days(30)

        package var keys: FileReference
        package var lifetime = Duration.hours(12)
        /// A list of tokens and subjects that are not let in any more.
        package var revoked: FileReference?
    }

    /// A call that clients make before they log in.
    package enum BeforeLogin: Sendable, Hashable {
        /// Commands of Flight SQL that tell what a server can do; drivers ask for them first.
        package enum Command: String, Sendable, CaseIterable {
            case sqlInfo = "GetSqlInfo"
            case xdbcTypeInfo = "GetXdbcTypeInfo"
        }

        case command(Command)
        case rpc(FlightRPC)

        package var name: String {
            switch self {
            case .command(let command): command.rawValue
            case .rpc(let rpc): rpc.method
            }
        }

        /// Nothing that writes; a handshake is the login itself.
        static let all =
            Command.allCases.map(Self.command)
            + FlightRPC.allCases.filter { !$0.writes && $0 != .handshake }.map(Self.rpc)
    }

    package struct Method: Sendable, Hashable {
        package enum Kind: Sendable, Hashable {
            /// Names and password hashes in a file.
            case basic(users: FileReference, tenant: String?)
            case jwt(JWT)
            case apiKey(keys: FileReference, header: String)
            case clientCertificate(CertificateName, tenant: String?)
            case anonymous(subject: String)
            case passthrough
        }

        /// Which name in a certificate is the subject.
        package enum CertificateName: String, Sendable, CaseIterable {
            case uri = "san.uri"
            case dns = "san.dns"
            case email = "san.email"
        }

        package var pointer: JSONPointer
        /// Tells sources of one type apart; a JWT's is never nil.
        package var name: String?
        package var kind: Kind

        package var type: Principal.Method {
            switch kind {
            case .basic: .basic
            case .jwt: .jwt
            case .apiKey: .apiKey
            case .clientCertificate: .clientCertificate
            case .anonymous: .anonymous
            case .passthrough: .passthrough
            }
        }
    }
}

extension GatewayConfiguration.Authentication {
    static func read(_ cursor: JSONCursor, folder: ConfigurationFolder) -> Self? {
        cursor.object { object in
            var authentication = Self()
            let methods = object.required("methods") {
                $0.filledArray { GatewayConfiguration.Method.read($0, folder: folder) }
            }
            authentication.methods = methods ?? []
            authentication.tokens = object.optional("tokens") { GatewayConfiguration.Tokens.read($0, folder: folder) }
            let headers = object.optional("tokenHeaders") { $0.distinct { $0.parse(ConfigurationText.headerName) } }
            if let headers { authentication.tokenHeaders = headers }
            let early = object.optional("beforeLogin") { $0.array(GatewayConfiguration.BeforeLogin.read) }
            authentication.beforeLogin = early ?? []
            return authentication
        }
    }

    var json: JSONValue {
        .object(present: [
            "methods": .array(methods.map(\.json)), "tokens": tokens?.json,
            "tokenHeaders": .array(tokenHeaders.map(JSONValue.string)),
            "beforeLogin": .array(beforeLogin.map { .string($0.name) }),
        ])
    }
}

extension GatewayConfiguration.Tokens {
    static func read(_ cursor: JSONCursor, folder: ConfigurationFolder) -> Self? {
        cursor.object { object in
            let keys = object.required("keys") { $0.file(in: folder) }
            let lifetime = object.optional("lifetime") { $0.duration(in: lifetimes) }
            let revoked = object.optional("revoked") { $0.file(in: folder) }
            return keys.map { Self(keys: $0, lifetime: lifetime ?? .hours(12), revoked: revoked) }
        }
    }

    var json: JSONValue {
        .object(present: ["keys": keys.json, "lifetime": lifetime.json, "revoked": revoked?.json])
    }
}

extension GatewayConfiguration.BeforeLogin {
    static func read(_ cursor: JSONCursor) -> Self? {
        cursor.parse { text throws(JSONMismatch) in
            guard let value = all.first(where: { $0.name == text }) else {
                throw JSONMismatch.unknown(text, known: all.map(\.name))
            }
            return value
        }
    }
}
