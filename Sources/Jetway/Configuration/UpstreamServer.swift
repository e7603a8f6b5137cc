package import FlightProtocol
internal import StrictJSON

extension GatewayConfiguration.Upstream {
    package enum Server: Sendable, Hashable, CustomStringConvertible {
        case location(FlightLocation)
        /// All addresses that a name has; with TLS if the upstream has settings for it.
        case dns(host: String, port: Int)

        package var description: String {
            switch self {
            case .location(let location): location.description
            case .dns(let host, let port): "dns:///\(host):\(port)"
            }
        }

        package func hash(into hasher: inout Hasher) {
            hasher.combine(description)
        }

        /// Whether nobody but this machine sees what is sent there.
        package var isLocal: Bool {
            switch self {
            case .location(let location):
                switch location.address {
                case .host(let host, _): IPAddress.isLoopback(host)
                case .unixSocket: true
                }
            case .dns: false
            }
        }

        static func read(_ cursor: JSONCursor) -> Self? {
            cursor.parse { text throws(JSONMismatch) in
                let scheme = "dns:///"
                guard text.hasPrefix(scheme) else { return .location(try ConfigurationText.location(text)) }
                let (host, port) = try ConfigurationText.hostAndPort(String(text.dropFirst(scheme.count)))
                guard port != 0 else { throw JSONMismatch("needs a port from 1 to 65535") }
                return .dns(host: try ConfigurationText.hostName(host), port: port)
            }
        }
    }

    /// Which server gets a call.
    package enum Balance: Sendable, Hashable, CustomStringConvertible {
        case leastCalls
        case roundRobin
        case first
        /// Calls with the same value of a header go to the same server.
        case hash(header: String)

        package var description: String {
            switch self {
            case .leastCalls: "least-calls"
            case .roundRobin: "round-robin"
            case .first: "first"
            case .hash(let header): "hash:header/\(header)"
            }
        }

        static func read(_ cursor: JSONCursor) -> Self? {
            cursor.parse { text throws(JSONMismatch) in
                let hash = "hash:header/"
                if text.hasPrefix(hash) {
                    return .hash(header: try ConfigurationText.headerName(String(text.dropFirst(hash.count))))
                }
                let plain = [Self.leastCalls, .roundRobin, .first]
                guard let balance = plain.first(where: { $0.description == text }) else {
                    throw JSONMismatch.unknown(text, known: plain.map(\.description) + [hash + "NAME"])
                }
                return balance
            }
        }
    }

    /// Whether a server is talked to with TLS.
    package func usesTLS(_ server: Server) -> Bool {
        switch server {
        case .location(let location): location.usesTLS
        case .dns: tls != nil
        }
    }
}

/// Names of gRPC services: `/acme.Orders`, or `/acme.*` for all whose name begins with `acme.`.
package struct ServicePattern: Sendable, Hashable, CustomStringConvertible {
    package let description: String

    init(parsing text: String) throws(JSONMismatch) {
        self.description = text
        // A path with the pattern's service is one exactly if the service is.
        let service = text.hasSuffix(".*") ? text.dropLast(2) : text[...]
        guard RPCPath(parsing: service + "/x") != nil else {
            throw JSONMismatch("names no service", hint: "write /PACKAGE.SERVICE, or /PACKAGE.* for all of a package")
        }
        guard !matches(FlightRPC.service[...]) else {
            throw JSONMismatch("takes Flight's own service", hint: "that one is always relayed")
        }
    }

    package func matches(_ path: RPCPath) -> Bool { matches(path.service) }

    private func matches(_ service: Substring) -> Bool {
        let name = description.utf8.dropFirst()
        return name.last == UInt8(ascii: "*")
            ? service.utf8.starts(with: name.dropLast()) : service.utf8.elementsEqual(name)
    }
}
