import ArgumentParser
import FlightProtocol
import Foundation
import Logging
import NIOCore

/// Where a server of the command line listens, and how.
struct ListenOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Where clients connect; port 0 takes any free port.", valueName: "host:port"))
    var listen: String?

    @Option(help: ArgumentHelp("The listener's certificate chain (PEM). Needs --tls-key.", valueName: "file"))
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("The key of the certificate (PEM).", valueName: "file"))
    var tlsKey: String?

    @Flag(help: "Allow an address that is not loopback without TLS.")
    var plaintext = false

    @Option(help: ArgumentHelp("Event loops, each with its own thread (default: one per core).", valueName: "n"))
    var threads: Int?

    @Option(help: ArgumentHelp("How much is logged.", valueName: "level"))
    var logLevel = LogLevel.info

    func address() throws -> (host: String, port: Int) {
        guard let listen else { throw CommandFailure.wrongUse("--listen HOST:PORT is missing") }
        do {
            if case .host(let host, let port) = try FlightLocation.hostAndPort(listen[...]) { return (host, port) }
        } catch {
            throw CommandFailure.wrongUse("--listen \(listen): \(error.text)")
        }
        throw CommandFailure.wrongUse("--listen \(listen): expected HOST:PORT")
    }

    func threadCount() throws -> Int {
        // As many as the process may use: its affinity and its control group's quota count.
        let threads = threads ?? System.coreCount
        guard (1...1024).contains(threads) else {
            throw CommandFailure.wrongUse("--threads \(threads): expected 1 to 1024")
        }
        return threads
    }

    /// The certificate and key files; nil for plaintext.
    func tlsFiles() throws -> (certificate: String, key: String)? {
        switch (tlsCertificate, tlsKey) {
        case (let certificate?, let key?): return (certificate, key)
        case (nil, nil): return nil
        default: throw CommandFailure.wrongUse("--tls-certificate and --tls-key belong together")
        }
    }

    /// Without TLS only this machine may reach the address, unless that was said.
    func checkPlaintext(host: String) throws {
        guard try tlsFiles() == nil, !plaintext, !Self.isLoopback(host) else { return }
        throw CommandFailure.wrongUse(
            "--listen \(listen ?? ""): without TLS everybody on the way can read and change everything; "
                + "give --tls-certificate and --tls-key, or --plaintext if that is meant")
    }

    func logger() -> Logger {
        var logger = Logger(label: "jetway", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = logLevel.level
        return logger
    }

    /// Whether only this machine can reach the address.
    static func isLoopback(_ host: String) -> Bool {
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
