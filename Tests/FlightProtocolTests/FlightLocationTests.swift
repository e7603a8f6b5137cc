import FlightProtocol
import Testing

@Suite struct FlightLocationTests {
    struct Good: Sendable, CustomTestStringConvertible {
        let url: String
        let address: FlightLocation.Address
        let usesTLS: Bool
        let authority: String
        var testDescription: String { url }

        init(_ url: String, _ host: String, _ port: Int, tls: Bool = false, authority: String) {
            self.url = url
            address = .host(host, port: port)
            usesTLS = tls
            self.authority = authority
        }

        init(_ url: String, path: String) {
            self.url = url
            address = .unixSocket(path: path)
            usesTLS = false
            authority = "localhost"
        }
    }

    static let good = [
        Good("grpc://localhost:8815", "localhost", 8815, authority: "localhost:8815"),
        Good("grpc+tcp://127.0.0.1:1", "127.0.0.1", 1, authority: "127.0.0.1:1"),
        Good(
            "grpc+tls://flights.example:65535", "flights.example", 65535, tls: true, authority: "flights.example:65535"),
        Good("GRPC+TLS://Flights.Example:443", "Flights.Example", 443, tls: true, authority: "Flights.Example:443"),
        Good("grpc://h:0", "h", 0, authority: "h:0"),
        Good("grpc://h:080", "h", 80, authority: "h:80"),
        Good("grpc://h:80/", "h", 80, authority: "h:80"),
        Good("grpc://[::1]:8815", "::1", 8815, authority: "[::1]:8815"),
        Good("grpc+tls://[2001:db8::7]:443/", "2001:db8::7", 443, tls: true, authority: "[2001:db8::7]:443"),
        Good("grpc://xn--bcher-kva.example:80", "xn--bcher-kva.example", 80, authority: "xn--bcher-kva.example:80"),
        Good("grpc+unix:///run/flight.sock", path: "/run/flight.sock"),
        Good("grpc+unix:///a b/ü?#", path: "/a b/ü?#"),
    ]

    @Test("A server's URL is taken apart, and kept as it was given", arguments: good)
    func takenApart(_ test: Good) throws {
        let location = try FlightLocation(parsing: test.url)
        #expect(location.address == test.address)
        #expect(location.usesTLS == test.usesTLS)
        #expect(location.authority == test.authority)
        #expect(location.description == test.url)
    }

    private static let port = "needs a port from 0 to 65535 behind the host"
    private static let host = "has no valid host"
    private static let path = "expected an absolute path: grpc+unix:///PATH"

    static let bad: [(String, String)] = [
        ("", "has no scheme; expected grpc://HOST:PORT, grpc+tls://HOST:PORT or grpc+unix:///PATH"),
        ("localhost", "has no scheme; expected grpc://HOST:PORT, grpc+tls://HOST:PORT or grpc+unix:///PATH"),
        ("localhost:8815", "expected // behind the scheme"),
        ("grpc:", "expected // behind the scheme"),
        ("grpc:/h:1", "expected // behind the scheme"),
        ("://h:1", "has the unknown scheme ; expected grpc, grpc+tcp, grpc+tls or grpc+unix"),
        ("http://h:1", "has the unknown scheme http; expected grpc, grpc+tcp, grpc+tls or grpc+unix"),
        ("grpcs://h:1", "has the unknown scheme grpcs; expected grpc, grpc+tcp, grpc+tls or grpc+unix"),
        ("grpc+ucx://h:1", "has the unknown scheme grpc+ucx; expected grpc, grpc+tcp, grpc+tls or grpc+unix"),
        (
            "arrow-flight-reuse-connection://?",
            "has the unknown scheme arrow-flight-reuse-connection; expected grpc, grpc+tcp, grpc+tls or grpc+unix"
        ),
        ("grpc://", host), ("grpc:///", host), ("grpc://:80", host), ("grpc://::1:80", host), ("grpc://[]:80", host),
        ("grpc://user@h:80", host), ("grpc://a/b:80", host), ("grpc://a b:80", host), ("grpc://h\u{7F}:80", host),
        ("grpc://h\n:80", host), ("grpc://hö:80", host), ("grpc:// h:80", host),
        ("grpc://h", port), ("grpc://h:", port), ("grpc://h/", port), ("grpc://h:/", port), ("grpc://h:65536", port),
        ("grpc://h:-1", port), ("grpc://h:+80", port), ("grpc://h:-0", port), ("grpc://h:8a", port),
        ("grpc://h: 80", port), ("grpc://h:80 ", port), ("grpc://h:٨٠", port), ("grpc://h:80//", port),
        ("grpc://h:80/x", port), ("grpc://h:80?x", port), ("grpc://h:80#x", port), ("grpc://h:1:2", port),
        ("grpc://[::1]", port), ("grpc://[::1]x:80", port), ("grpc://[::1]80", port),
        ("grpc://[::1:80", "has a [ without ]"), ("grpc://[", "has a [ without ]"),
        ("grpc+unix://", path), ("grpc+unix:///", path), ("grpc+unix://relative/path", path),
    ]

    @Test("What is no server's URL is refused with what is expected", arguments: bad)
    func refused(_ url: String, _ text: String) {
        let problem = #expect(throws: FlightLocation.Problem.self) { try FlightLocation(parsing: url) }
        #expect(problem?.text == text)
    }
}
