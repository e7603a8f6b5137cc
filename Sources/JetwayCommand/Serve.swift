import ArgumentParser
import FlightProtocol
import Foundation
import Jetway
import JetwayCore
import JetwayRelay
import Logging
import UnixSignals

/// `jetway serve`: the gateway, by a configuration file, or without one a transparent gateway in front of one Flight server.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the gateway.",
        discussion: """
            With --config the gateway does what the file says, and follows it: when it or a file that it names changes, and on \
            SIGHUP, everything is read again and taken whole, or not at all. SIGUSR1 opens log files anew.

            Without a file the gateway is transparent: credentials, cookies, locations and tickets pass untouched.

            Once it listens it prints a line for each listener to standard output: listening on grpc://HOST:PORT; and, with an \
            admin listener, admin on http://HOST:PORT. SIGTERM and SIGINT drain and stop it.

            Examples: jetway serve --config jetway.json
                      jetway serve --listen 127.0.0.1:8815 --upstream grpc://127.0.0.1:9000
            """)

    @Option(
        help: ArgumentHelp(
            "The configuration file. It excludes all other options but --threads and --log-level.", valueName: "file"))
    var config: String?

    @OptionGroup(title: "Listener")
    var listener: ListenOptions

    @Option(
        help: ArgumentHelp(
            "The Flight server: grpc://HOST:PORT, grpc+tls://HOST:PORT or grpc+unix:///PATH.", valueName: "url"))
    var upstream: String?

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
        if let config { return try await run(config) }
        if listLimits {
            let isTransparent = upstream != nil || listener.listen != nil
            for entry in try (isTransparent ? makeSettings().limits : makeLimits()).entries() {
                Console.output("\(entry.key)=\(entry.value)")
            }
            return
        }
        let settings = try makeSettings()
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let gateway: RunningGateway
        do {
            gateway = try await RunningGateway.start(settings)
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

    /// Runs by a configuration file.
    private func run(_ file: String) async throws {
        try checkAlone()
        let logger = listener.logger()
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup, .sigusr1)
        let gateway: ConfiguredGateway
        do {
            gateway = try await ConfiguredGateway(
                file: file, limits: try makeLimits(), threads: try listener.threadCount(), logger: logger)
        } catch let problems as ConfigurationProblems {
            for problem in problems.list { Console.error("\(problem)") }
            throw CommandFailure.no("\(file) cannot be used: \(problems.list.count) problem(s); see jetway check")
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure.no("\(error)")
        }
        for location in gateway.locations { Console.output("listening on \(location)") }
        if let admin = await gateway.adminAddress { Console.output("admin on http://\(admin)") }
        logger.notice("gateway started", metadata: ["configuration": "\(file)"])
        let following = Task { await gateway.followFiles() }
        loop: for await signal in signals {
            switch signal {
            case .sighup: await gateway.reload()
            case .sigusr1: await gateway.reopenLogs()
            default:
                logger.notice("draining", metadata: ["signal": "\(signal)"])
                break loop
            }
        }
        following.cancel()
        await gateway.drain()
        logger.notice("gateway stopped")
    }

    /// What a file says is not said twice.
    private func checkAlone() throws {
        let others: [(String, Bool)] = [
            ("--listen", listener.listen != nil), ("--upstream", upstream != nil), ("--upstream-ca", upstreamCa != nil),
            ("--upstream-insecure", upstreamInsecure), ("--tls-certificate", listener.tlsCertificate != nil),
            ("--tls-key", listener.tlsKey != nil), ("--plaintext", listener.plaintext), ("--limit", !limit.isEmpty),
            ("--list-limits", listLimits),
        ]
        for (name, isGiven) in others where isGiven {
            throw CommandFailure.wrongUse("\(name) and --config exclude each other: the file says it")
        }
    }

    /// The limits of this machine, with those that the command line changes.
    private func makeLimits() throws -> RelayLimits {
        var limits = ProcessLimits.relayLimits()
        for text in limit { try apply(limit: text, to: &limits) }
        return limits
    }

    private func makeSettings() throws -> GatewaySettings {
        let (host, port) = try listener.address()
        guard let upstream else {
            throw CommandFailure.wrongUse("--config FILE, or --listen HOST:PORT and --upstream URL are missing")
        }
        let endpoint: FlightLocation
        do {
            endpoint = try FlightLocation(parsing: upstream)
        } catch {
            throw CommandFailure.wrongUse("--upstream \(upstream): \(error.text)")
        }
        var settings = GatewaySettings(
            host: host, port: port, upstream: endpoint, threads: try listener.threadCount(), logger: listener.logger())
        settings.limits = try makeLimits()
        settings.listenerTLS = try listener.tlsFiles().map {
            GatewaySettings.ListenerTLS(certificate: $0.certificate, key: $0.key)
        }
        settings.upstreamTLS.authority = upstreamCa
        settings.upstreamTLS.insecure = upstreamInsecure
        if !endpoint.usesTLS, upstreamCa != nil || upstreamInsecure {
            throw CommandFailure.wrongUse("--upstream-ca and --upstream-insecure need an upstream with grpc+tls://")
        }
        try listener.checkPlaintext(host: host)
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
