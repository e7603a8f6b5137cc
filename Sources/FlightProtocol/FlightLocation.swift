/// Where a Flight server listens, as its URL says: `grpc://`, `grpc+tcp://`, `grpc+tls://` with host and port, or
/// `grpc+unix://` with a path (Flight.proto, message Location).
package struct FlightLocation: Sendable, Equatable, CustomStringConvertible {
    package enum Address: Sendable, Equatable {
        case host(String, port: Int)
        case unixSocket(path: String)
    }

    /// Why a URL is none; the text is a clause for an error message.
    package struct Problem: Error, Equatable, Sendable {
        package let text: String
    }

    package let address: Address
    package let usesTLS: Bool
    package let description: String

    package init(parsing url: String) throws(Problem) {
        guard let colon = url.firstIndex(of: ":") else {
            throw Problem(text: "has no scheme; expected grpc://HOST:PORT, grpc+tls://HOST:PORT or grpc+unix:///PATH")
        }
        let scheme = url[..<colon].lowercased()
        let rest = url[url.index(after: colon)...]
        guard rest.hasPrefix("//") else { throw Problem(text: "expected // behind the scheme") }
        let place = rest.dropFirst(2)
        switch scheme {
        case "grpc", "grpc+tcp":
            self.address = try Self.hostAndPort(place)
            self.usesTLS = false
        case "grpc+tls":
            self.address = try Self.hostAndPort(place)
            self.usesTLS = true
        case "grpc+unix":
            guard place.hasPrefix("/"), place.count > 1 else {
                throw Problem(text: "expected an absolute path: grpc+unix:///PATH")
            }
            self.address = .unixSocket(path: String(place))
            self.usesTLS = false
        default:
            throw Problem(text: "has the unknown scheme \(scheme); expected grpc, grpc+tcp, grpc+tls or grpc+unix")
        }
        self.description = url
    }

    /// Where something listens.
    package init(host: String, port: Int, usesTLS: Bool) {
        self.address = .host(host, port: port)
        self.usesTLS = usesTLS
        self.description = "\(usesTLS ? "grpc+tls" : "grpc")://\(Self.authority(host: host, port: port))"
    }

    /// `HOST:PORT`, with an IPv6 address in brackets; nothing may follow but one slash.
    package static func hostAndPort(_ text: Substring) throws(Problem) -> Address {
        let text = text.hasSuffix("/") ? text.dropLast() : text
        let host: Substring
        let behind: Substring
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { throw Problem(text: "has a [ without ]") }
            host = text[text.index(after: text.startIndex)..<end]
            behind = text[text.index(after: end)...]
        } else {
            let end = text.firstIndex(of: ":") ?? text.endIndex
            host = text[..<end]
            behind = text[end...]
        }
        guard !host.isEmpty,
            host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "@") && $0 != UInt8(ascii: "/") })
        else { throw Problem(text: "has no valid host") }
        let digits = behind.dropFirst()
        guard behind.hasPrefix(":"), digits.allSatisfy({ ("0"..."9").contains($0) }), let port = UInt16(digits) else {
            throw Problem(text: "needs a port from 0 to 65535 behind the host")
        }
        return .host(String(host), port: Int(port))
    }

    /// What goes into `:authority` of calls to this server (RFC 9113 section 8.3.1).
    package var authority: String {
        switch address {
        case .host(let host, let port): Self.authority(host: host, port: port)
        case .unixSocket: "localhost"
        }
    }

    private static func authority(host: String, port: Int) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
