package import FlightProtocol
package import StrictJSON

extension GatewayConfiguration {
    /// Where clients connect, and how.
    package struct Listener: Sendable, Equatable {
        package var pointer: JSONPointer
        package var address: ListenAddress
        package var tls: ListenerTLS?
        /// Who may say with the PROXY protocol where a connection comes from; nil: nobody, and the protocol is not read.
        package var trustedProxies: [AddressRange]?
        /// What clients dial to get here, for locations that the gateway writes.
        package var publicLocation: FlightLocation?
        package var allowPlaintextCredentials = false
    }

    package enum ListenAddress: Sendable, Hashable {
        /// Port 0 takes any free port.
        case host(String, port: Int)
        case unixSocket(path: String)

        /// Whether only this machine can reach it.
        package var isLocal: Bool {
            switch self {
            case .host(let host, _): IPAddress.isLoopback(host)
            case .unixSocket: true
            }
        }
    }

    package struct ListenerTLS: Sendable, Hashable {
        package enum ClientCertificate: String, Sendable, CaseIterable {
            case none, optional, required
        }

        /// A certificate's chain and key, and the names of hosts (SNI) for which it is shown; no names: for those that
        /// are in it. The first certificate is shown to all others.
        package struct Certificate: Sendable, Hashable {
            package var certificate: FileReference
            package var key: FileReference
            package var names: [String] = []
        }

        package var certificates: [Certificate]
        package var clientAuthority: FileReference?
        package var clientCertificate = ClientCertificate.none
    }

    /// Where operators look.
    package struct Admin: Sendable, Hashable {
        package var host = "127.0.0.1"
        package var port = 9901

        static func read(_ cursor: JSONCursor) -> Admin? {
            cursor.object { object in
                let address = object.optional("address") { $0.parse(ConfigurationText.hostAndPort) }
                return address.map { Admin(host: $0.host, port: $0.port) } ?? Admin()
            }
        }
    }
}

extension GatewayConfiguration.Listener {
    static func read(_ cursor: JSONCursor, folder: ConfigurationFolder) -> Self? {
        cursor.object { object in
            let address = object.required("address") { GatewayConfiguration.ListenAddress.read($0, folder: folder) }
            let tls = object.optional("tls") { GatewayConfiguration.ListenerTLS.read($0, folder: folder) }
            let proxies = object.optional("proxyProtocol") { cursor in
                cursor.object { $0.required("trusted") { $0.filledArray { $0.parse(AddressRange.init(parsing:)) } } }
            }
            let location = object.optional("publicLocation") { $0.parse(ConfigurationText.location) }
            let plaintext = object.optional("allowPlaintextCredentials") { $0.boolean() }
            return address.map {
                Self(
                    pointer: cursor.pointer, address: $0, tls: tls, trustedProxies: proxies, publicLocation: location,
                    allowPlaintextCredentials: plaintext ?? false)
            }
        }
    }

    var json: JSONValue {
        .object(present: [
            "address": .string(address.description), "tls": tls?.json,
            "proxyProtocol": trustedProxies.map { ranges in
                .object(present: ["trusted": .array(ranges.map { .string($0.description) })])
            },
            "publicLocation": publicLocation.map { .string($0.description) },
            "allowPlaintextCredentials": .boolean(allowPlaintextCredentials),
        ])
    }
}

extension GatewayConfiguration.ListenAddress: CustomStringConvertible {
    package var description: String {
        switch self {
        case .host(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unixSocket(let path): "unix:" + path
        }
    }

    static func read(_ cursor: JSONCursor, folder: ConfigurationFolder) -> Self? {
        cursor.parse { text throws(JSONMismatch) in
            guard text.hasPrefix("unix:") else {
                let (host, port) = try ConfigurationText.hostAndPort(text)
                return .host(host, port: port)
            }
            let path = String(text.dropFirst("unix:".count))
            guard !path.isEmpty else { throw JSONMismatch("needs a path behind unix:") }
            return .unixSocket(path: folder.resolve(path))
        }
    }
}

extension GatewayConfiguration.ListenerTLS {
    static func read(_ cursor: JSONCursor, folder: ConfigurationFolder) -> Self? {
        cursor.object { object in
            let certificates = object.required("certificates") {
                $0.filledArray { Certificate.read($0, folder: folder) }
            }
            let authority = object.optional("clientCA") { $0.file(in: folder) }
            let asked = object.optional("clientCertificate") { $0.choice(of: ClientCertificate.self) }
            return Self(
                certificates: certificates ?? [], clientAuthority: authority, clientCertificate: asked ?? .none)
        }
    }

    var json: JSONValue {
        .object(present: [
            "certificates": .array(certificates.map(\.json)), "clientCA": clientAuthority?.json,
            "clientCertificate": .string(clientCertificate.rawValue),
        ])
    }
}

extension GatewayConfiguration.ListenerTLS.Certificate {
    static func read(_ cursor: JSONCursor, folder: ConfigurationFolder) -> Self? {
        cursor.object { object in
            let certificate = object.required("certificate") { $0.file(in: folder) }
            let key = object.required("key") { $0.file(in: folder) }
            let names = object.optional("names") { cursor in
                cursor.filledArray {
                    $0.parse { text throws(JSONMismatch) in try ConfigurationText.hostName(text, wildcard: true) }
                }
            }
            guard let certificate, let key else { return nil }
            return Self(certificate: certificate, key: key, names: names ?? [])
        }
    }

    var json: JSONValue {
        .object(present: [
            "certificate": certificate.json, "key": key.json,
            "names": names.isEmpty ? nil : .array(names.map(JSONValue.string)),
        ])
    }
}

extension GatewayConfiguration.Admin {
    var json: JSONValue {
        .object([
            .init("address", .string(GatewayConfiguration.ListenAddress.host(host, port: port).description))
        ])
    }
}
