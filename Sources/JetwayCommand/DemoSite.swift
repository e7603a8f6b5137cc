import Flight
import FlightProtocol
import Foundation
import Jetway
import JetwayHTTP2
import JetwayRelay
import Logging
import NIOCore

/// What a demo runs: sample data in a folder that goes away with it, the embedded server, and a gateway with TLS.
struct DemoSite {
    /// Calls that still run when the demo ends are not waited for longer.
    private static let grace = TimeAmount.seconds(1)

    private let folder: URL
    private let server: FlightServer
    private let gateway: RunningGateway
    let certificatePath: String

    var serverLocation: FlightLocation { server.location }
    /// Where clients connect.
    var location: FlightLocation { gateway.location }

    static func open(host: String, port: Int) async throws -> DemoSite {
        ProcessLimits.ignoreBrokenPipes()
        ProcessLimits.keepFreedMemory()
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "jetway-demo-\(UUID().uuidString.prefix(8))")
        do {
            return try await open(in: folder, host: host, port: port)
        } catch {
            try? FileManager.default.removeItem(at: folder)
            throw error
        }
    }

    private static func open(in folder: URL, host: String, port: Int) async throws -> DemoSite {
        let data = folder.appending(path: "data")
        try SampleData.write(to: data)
        let certificate = try SelfMadeCertificate()
        let certificatePath = folder.appending(path: "certificate.pem").path
        let keyPath = folder.appending(path: "key.pem").path
        try Data(certificate.certificate.utf8).write(to: URL(filePath: certificatePath))
        try writeSecret(certificate.key, to: keyPath)

        var logger = Logger(label: "jetway", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = .warning
        var serverSettings = FlightServer.Settings(host: "127.0.0.1", port: 0, threads: 1, logger: logger)
        serverSettings.limits.drainGrace = grace
        serverSettings.limits.drainHardStop = grace + grace
        let service = FolderService(root: data.path, isWritable: false, memoryLimit: 256 << 20, logger: logger)
        let server = try await FlightServer.start(serverSettings, service: service)
        do {
            var settings = GatewaySettings(
                host: host, port: port, upstream: server.location, threads: 1,
                logger: logger)
            settings.listenerTLS = GatewaySettings.ListenerTLS(certificate: certificatePath, key: keyPath)
            settings.limits.downstream.drainGrace = grace
            settings.limits.downstream.drainHardStop = grace + grace
            let gateway = try await RunningGateway.start(settings)
            return DemoSite(folder: folder, server: server, gateway: gateway, certificatePath: certificatePath)
        } catch {
            await server.drain()
            throw error
        }
    }

    /// Ends everything and removes the folder.
    func close() async {
        await gateway.drain()
        await server.drain()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Writes a file that nobody else may read.
    private static func writeSecret(_ text: String, to path: String) throws {
        let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o600]
        guard FileManager.default.createFile(atPath: path, contents: Data(text.utf8), attributes: attributes) else {
            throw FlightProblem("\(path) cannot be written")
        }
    }
}

extension SampleData {
    /// Writes the files into a new folder.
    static func write(to folder: URL) throws {
        for (path, content) in files {
            guard let bytes = Data(base64Encoded: content) else { throw FlightProblem("the sample \(path) is damaged") }
            let file = folder.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try bytes.write(to: file)
        }
    }
}
