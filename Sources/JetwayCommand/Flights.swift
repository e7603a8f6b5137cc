import ArgumentParser
import Flight
import Foundation
import Jetway
import Logging
import UnixSignals

/// `jetway flights`: the embedded Flight server.
struct Flights: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The embedded Flight server.", subcommands: [FlightsServe.self])
}

/// `jetway flights serve`: a Flight server over a folder of Arrow IPC files.
struct FlightsServe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve a folder of Arrow IPC files (.arrow, .arrows).",
        discussion: """
            The file sales/2024.arrow is the flight with the path sales, 2024. Uploads (DoPut) are kept in memory, or with \
            --writable written to the folder. Record batches are sent as they lie in the files. Once it listens it prints \
            one line to standard output: listening on grpc://HOST:PORT. SIGTERM and SIGINT drain and stop it.

            Example: jetway flights serve data --listen 127.0.0.1:8815
            """)

    @Argument(help: ArgumentHelp("The folder.", valueName: "dir"))
    var folder: String

    @OptionGroup(title: "Listener")
    var listener: ListenOptions

    @Flag(help: "Write uploads to the folder.")
    var writable = false

    @Option(help: ArgumentHelp("What uploads may hold in memory: bytes, or with KiB, MiB, GiB.", valueName: "size"))
    var memory = MemorySize(bytes: 1 << 30)

    func run() async throws {
        ProcessLimits.ignoreBrokenPipes()
        ProcessLimits.keepFreedMemory()
        let (host, port) = try listener.address()
        try listener.checkPlaintext(host: host)
        var isFolder = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder else {
            throw CommandFailure.no("\(folder): there is no such folder")
        }
        _ = ProcessLimits.raiseOpenFiles()
        let logger = listener.logger()
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let service = FolderService(root: folder, isWritable: writable, memoryLimit: memory.bytes, logger: logger)
        let server: FlightServer
        do {
            // Logs the files that cannot be read.
            let flights = try await service.survey().flights
            var settings = FlightServer.Settings(
                host: host, port: port, threads: try listener.threadCount(), logger: logger)
            settings.retainedMemory = ProcessLimits.memory / 2
            settings.tls = try listener.tlsFiles().map {
                try FlightTLS.server(certificate: $0.certificate, key: $0.key)
            }
            server = try await FlightServer.start(settings, service: service)
            Console.output("listening on \(server.location)")
            logger.notice("server started", metadata: ["listen": "\(server.location)", "flights": "\(flights)"])
        } catch let error as CommandFailure {
            throw error
        } catch let error as FlightError {
            throw CommandFailure.no(error.message)
        } catch {
            throw CommandFailure.no("\(error)")
        }
        for await signal in signals {
            logger.notice("draining", metadata: ["signal": "\(signal)"])
            break
        }
        await server.drain()
        logger.notice("server stopped")
    }
}

/// A number of bytes on the command line.
struct MemorySize: ExpressibleByArgument {
    let bytes: Int

    init(bytes: Int) {
        self.bytes = bytes
    }

    init?(argument: String) {
        let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1), ("", 1)]
        guard let (suffix, unit) = units.first(where: { argument.hasSuffix($0.0) }),
            let count = Int(argument.dropLast(suffix.count)), count >= 0
        else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: unit)
        guard !overflow else { return nil }
        self.bytes = bytes
    }

    var defaultValueDescription: String {
        bytes % (1 << 20) == 0 ? "\(bytes >> 20)MiB" : "\(bytes)"
    }
}
