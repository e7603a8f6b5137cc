import ArgumentParser
import FlightProtocol
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

    @OptionGroup(title: "Listener")
    var listener: ListenOptions

    @Option(
        help: ArgumentHelp(
            "The Flight server: grpc://HOST:PORT, grpc+tls://HOST:PORT or grpc+unix:///PATH.", valueName: "url"))
    var upstream: String

    @Option(help: ArgumentHelp("Trust these certificates (PEM) for the upstream, not the system's.", valueName: "file"))
    var upstreamCa: String?

    @Flag(help: "Take any certificate from the upstream.")
    var upstreamInsecure = false

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
        let (host, port) = try listener.address()
        let endpoint: FlightLocation
        do {
            endpoint = try FlightLocation(parsing: upstream)
        } catch {
            throw CommandFailure.wrongUse("--upstream \(upstream): \(error.text)")
        }
        var settings = GatewaySettings(
            host: host, port: port, upstream: endpoint, threads: try listener.threadCount(), logger: listener.logger())
        let openFiles = ProcessLimits.raiseOpenFiles()
        settings.limits.connections = min(settings.limits.connections, openFiles / 2)
        settings.limits.retainedMemory = ProcessLimits.memory / 2
        settings.listenerTLS = try listener.tlsFiles().map {
            GatewaySettings.ListenerTLS(certificate: $0.certificate, key: $0.key)
        }
        settings.upstreamTLS.authority = upstreamCa
        settings.upstreamTLS.insecure = upstreamInsecure
        if !endpoint.usesTLS, upstreamCa != nil || upstreamInsecure {
            throw CommandFailure.wrongUse("--upstream-ca and --upstream-insecure need an upstream with grpc+tls://")
        }
        try listener.checkPlaintext(host: host)
        for text in limit { try apply(limit: text, to: &settings.limits) }
        return settings
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
}
