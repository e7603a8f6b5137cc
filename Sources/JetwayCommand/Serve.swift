import ArgumentParser
import Foundation
import Jetway
import JetwayRelay
import Logging
import UnixSignals

/// `jetway serve`: a transparent gateway in front of one Flight server.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the gateway.",
        discussion: """
            Without a configuration file the gateway is transparent: credentials, cookies, locations and tickets pass \
            untouched. Once it listens it prints one line to standard output: listening on grpc://HOST:PORT. SIGTERM and \
            SIGINT drain and stop it.

            Example: jetway serve --listen 127.0.0.1:8815 --upstream grpc://127.0.0.1:9000
            """)

    @Option(help: ArgumentHelp("Where clients connect; port 0 takes any free port.", valueName: "host:port"))
    var listen: String

    @Option(
        help: ArgumentHelp(
            "The Flight server: grpc://HOST:PORT, grpc+tls://HOST:PORT or grpc+unix:///PATH.", valueName: "url"))
    var upstream: String

    @Option(help: ArgumentHelp("The listener's certificate chain (PEM). Needs --tls-key.", valueName: "file"))
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("The key of the certificate (PEM).", valueName: "file"))
    var tlsKey: String?

    @Option(help: ArgumentHelp("Trust these certificates (PEM) for the upstream, not the system's.", valueName: "file"))
    var upstreamCa: String?

    @Flag(help: "Take any certificate from the upstream.")
    var upstreamInsecure = false

    @Option(help: ArgumentHelp("Event loops, each with its own thread (default: one per core).", valueName: "n"))
    var threads: Int?

    @Flag(help: "Allow an address that is not loopback without TLS.")
    var plaintext = false

    @Option(help: ArgumentHelp("How much is logged.", valueName: "level"))
    var logLevel = LogLevel.info

    @Option(
        help: ArgumentHelp(
            "Change a limit: KEY=VALUE, with downstream. or upstream. before the key of a connection's limit. See --list-limits.",
            valueName: "key=value"))
    var limit: [String] = []

    @Flag(help: "Print all limits with their values and exit.")
    var listLimits = false

    func run() async throws {
        ProcessLimits.ignoreBrokenPipes()
        ProcessLimits.keepFreedMemory()
        let settings = try makeSettings()
        if listLimits {
            for entry in settings.limits.entries() { Console.output("\(entry.key)=\(entry.value)") }
            return
        }
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let gateway: Gateway
        do {
            gateway = try await Gateway.start(settings)
        } catch {
            throw CommandFailure.no("\(error)")
        }
        Console.output("listening on \(gateway.location)")
        settings.logger.notice(
            "gateway started", metadata: ["listen": "\(gateway.location)", "upstream": "\(settings.upstream)"])
        for await signal in signals {
            settings.logger.notice("draining", metadata: ["signal": "\(signal)"])
            break
        }
        await gateway.drain()
        settings.logger.notice("gateway stopped")
    }

    private func makeSettings() throws -> GatewaySettings {
        guard case .host(let host, let port) = try parse(listen, flag: "--listen", UpstreamEndpoint.hostAndPort) else {
            throw CommandFailure.wrongUse("--listen \(listen): expected HOST:PORT")
        }
        let endpoint = try parse(upstream[...], flag: "--upstream") { (text) throws(UpstreamEndpoint.Problem) in
            try UpstreamEndpoint(parsing: String(text))
        }
        let threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
        guard (1...1024).contains(threads) else {
            throw CommandFailure.wrongUse("--threads \(threads): expected 1 to 1024")
        }
        var logger = Logger(label: "jetway", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = logLevel.level
        var settings = GatewaySettings(host: host, port: port, upstream: endpoint, threads: threads, logger: logger)
        let openFiles = ProcessLimits.raiseOpenFiles()
        settings.limits.connections = min(settings.limits.connections, openFiles / 2)
        settings.limits.retainedMemory = ProcessLimits.memory / 2
        settings.listenerTLS = try listenerTLS()
        settings.upstreamTLS.authority = upstreamCa
        settings.upstreamTLS.insecure = upstreamInsecure
        if !endpoint.usesTLS, upstreamCa != nil || upstreamInsecure {
            throw CommandFailure.wrongUse("--upstream-ca and --upstream-insecure need an upstream with grpc+tls://")
        }
        if settings.listenerTLS == nil, !plaintext, !Self.isLoopback(host) {
            throw CommandFailure.wrongUse(
                "--listen \(listen): without TLS everybody on the way can read and change everything; "
                    + "give --tls-certificate and --tls-key, or --plaintext if that is meant")
        }
        for text in limit { try apply(limit: text, to: &settings.limits) }
        return settings
    }

    private func listenerTLS() throws -> GatewaySettings.ListenerTLS? {
        switch (tlsCertificate, tlsKey) {
        case (let certificate?, let key?): GatewaySettings.ListenerTLS(certificate: certificate, key: key)
        case (nil, nil): nil
        default: throw CommandFailure.wrongUse("--tls-certificate and --tls-key belong together")
        }
    }

    private func parse<T>(
        _ text: some StringProtocol, flag: String, _ body: (Substring) throws(UpstreamEndpoint.Problem) -> T
    ) throws -> T {
        do {
            return try body(Substring(text))
        } catch {
            throw CommandFailure.wrongUse("\(flag) \(text): \(error.text)")
        }
    }

    private func apply(limit text: String, to limits: inout RelayLimits) throws {
        guard let equals = text.firstIndex(of: "=") else {
            throw CommandFailure.wrongUse("--limit \(text): expected KEY=VALUE")
        }
        let value = String(text[text.index(after: equals)...])
        do {
            try limits.set(String(text[..<equals]), to: value)
        } catch {
            throw CommandFailure.wrongUse("--limit \(error)")
        }
    }

    /// Whether only this machine can reach the address.
    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }
}

/// The levels of `--log-level`.
enum LogLevel: String, ExpressibleByArgument, CaseIterable {
    case trace, debug, info, notice, warning, error, critical

    var level: Logger.Level {
        switch self {
        case .trace: .trace
        case .debug: .debug
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        case .critical: .critical
        }
    }
}
