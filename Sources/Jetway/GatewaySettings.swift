package import FlightProtocol
package import JetwayRelay
package import Logging

/// What a gateway is started with.
package struct GatewaySettings: Sendable {
    /// The certificate chain and key of the listener, as PEM files.
    package struct ListenerTLS: Sendable {
        package var certificate: String
        package var key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// How the upstream's certificate is judged.
    package struct UpstreamTLS: Sendable {
        /// A PEM file of certificates to trust instead of the system's.
        package var authority: String?
        /// Any certificate is taken.
        package var insecure = false

        package init() {}
    }

    package var host: String
    /// 0 takes any free port.
    package var port: Int
    package var upstream: FlightLocation
    package var listenerTLS: ListenerTLS?
    package var upstreamTLS = UpstreamTLS()
    /// Event loops, each with a thread of its own.
    package var threads: Int
    package var limits = RelayLimits()
    package var logger: Logger

    package init(host: String, port: Int, upstream: FlightLocation, threads: Int, logger: Logger) {
        self.host = host
        self.port = port
        self.upstream = upstream
        self.threads = threads
        self.logger = logger
    }
}
