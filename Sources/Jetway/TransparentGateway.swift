internal import Flight
internal import FlightProtocol
internal import JetwayCore
internal import JetwayRelay
internal import Logging
internal import NIOCore
internal import NIOPosix

extension RunningGateway {
    /// Starts a gateway without a configuration file: everything passes as it came.
    ///
    /// - Throws: `FlightProblem`, in words for the operator.
    package static func start(_ settings: GatewaySettings) async throws -> RunningGateway {
        let limits = settings.limits
        var serverTLS: ListenerSettings.TLSFactory?
        if let files = settings.listenerTLS {
            let handlers = try FlightTLS.server(
                certificate: files.certificate, key: files.key, handshake: limits.tlsHandshake)
            serverTLS = { _ in try handlers() }
        }
        let clientTLS =
            settings.upstream.usesTLS
            ? try FlightTLS.client(
                authority: settings.upstreamTLS.authority, insecure: settings.upstreamTLS.insecure,
                handshake: limits.tlsHandshake)
            : nil
        let connector = UpstreamConnector(
            endpoint: settings.upstream, tls: clientTLS, connectTimeout: limits.connectTimeout,
            readSize: limits.readSize)
        let logger = settings.logger
        let relay = RelayConfiguration(
            limits: limits,
            upstreams: [UpstreamSettings(name: "upstream", connector: connector, limits: limits)],
            listeners: [
                ListenerSettings(
                    address: "\(settings.host):\(settings.port)",
                    endpoint: FlightLocation(
                        host: settings.host, port: settings.port, usesTLS: settings.listenerTLS != nil),
                    tls: serverTLS)
            ],
            makePipeline: { _ in
                let route = Stage(SingleUpstreamRoute(), before: Relaying())
                guard logger.logLevel <= .debug else { return Pipeline(route) }
                return Pipeline(Stage(AccessLog(logger: logger, file: nil), before: route))
            },
            logger: logger, returnFreeMemory: ProcessLimits.returnAllFreeMemory)
        return try await start(relay, threads: settings.threads)
    }
}
