import ArrowIPC
import Flight
import Foundation
import NIOCore

/// A folder of its own for a test, removed with all that is in it.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("jetway-test-\(UUID())").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// All files and folders below it, hidden ones too.
    var contents: [String] {
        get throws { try FileManager.default.subpathsOfDirectory(atPath: path).sorted() }
    }

    func path(_ name: String) -> String { path + "/" + name }

    /// Writes a file as another one, with the folders that it needs.
    func write(_ bytes: [UInt8], to name: String) throws {
        let url = URL(fileURLWithPath: path(name))
        try makeFolder(url.deletingLastPathComponent().path)
        try Data(bytes).write(to: url, options: .atomic)
    }

    /// Changes a file as it is.
    func overwrite(_ bytes: [UInt8], in name: String) throws {
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path(name)))
        try file.truncate(atOffset: 0)
        try file.write(contentsOf: Data(bytes))
        try file.close()
    }

    func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path(name)))) }
    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path(name)) }

    func makeFolder(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: path(name), withDestinationPath: target)
    }

    /// When the file was changed last.
    func time(of name: String) throws -> Date? {
        try FileManager.default.attributesOfItem(atPath: path(name))[.modificationDate] as? Date
    }

    func setTime(_ time: Date, of name: String) throws {
        try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: path(name))
    }
}

/// The messages of an Arrow IPC stream as an upload sends them.
func uploaded(_ stream: [UInt8]) throws -> [FlightData] {
    let bytes = ByteBuffer(bytes: stream)
    let index = try IPCIndex.read(MemorySource(bytes))
    return [FlightData(header: index.schemaMessage)]
        + index.messages.map { place in
            FlightData(
                header: bytes.getSlice(at: Int(place.metadataOffset), length: place.metadataLength),
                body: bytes.getSlice(at: Int(place.bodyOffset), length: Int(place.bodyLength)))
        }
}
