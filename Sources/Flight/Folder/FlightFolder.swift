internal import ArrowIPC
internal import FlightProtocol
internal import NIOCore
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// The Arrow IPC files of a folder: `sales/2024.arrow` is the flight `sales/2024`.
///
/// Nothing is known ahead: the folder may change at any time, and a file is read again when it is another. All of it
/// blocks and belongs on a thread pool.
final class FlightFolder: Sendable {
    /// A file with what its heads and footer say.
    struct Flight: Sendable {
        let name: FlightName
        let source: FileSource
        let index: IPCIndex
    }

    /// A file that cannot be served.
    struct Unreadable: Sendable {
        let file: String
        let problem: String
    }

    /// A file's index, or what is wrong with it, as of a stamp.
    private struct Known {
        let stamp: FileStamp
        let content: Result<IPCIndex, FlightError>
    }

    /// Suffixes, the one that counts first if both are there: random access format, then stream format.
    static let suffixes = [".arrow", ".arrows"]
    private static let deepest = 16
    private static let mostFiles = 100_000

    let root: String
    private let known = Mutex<[String: Known]>([:])

    init(root: String) {
        self.root = root
    }

    // MARK: One flight

    /// The flight with that name; nil if there is none.
    ///
    /// - Throws: DATA_LOSS that names the file and the place, if it is not what it should be.
    func flight(_ name: FlightName) throws(FlightError) -> Flight? {
        for suffix in Self.suffixes {
            if let flight = try flight(name, file: name.description + suffix) { return flight }
        }
        return nil
    }

    private func flight(_ name: FlightName, file: String) throws(FlightError) -> Flight? {
        let source: FileSource
        do {
            source = try FileSource(path: root + "/" + file)
        } catch {
            guard error.isMissing else { throw FlightError(.dataLoss, "\(file): \(error)") }
            known.withLock { $0[file] = nil }
            return nil
        }
        return Flight(name: name, source: source, index: try index(of: source, file: file))
    }

    private func index(of source: FileSource, file: String) throws(FlightError) -> IPCIndex {
        if let known = known.withLock({ $0[file] }), known.stamp == source.stamp { return try known.content.get() }
        let content: Result<IPCIndex, FlightError>
        do {
            content = .success(try IPCIndex.read(source))
        } catch {
            content = .failure(FlightError(.dataLoss, "\(file): \(error)"))
        }
        known.withLock { $0[file] = Known(stamp: source.stamp, content: content) }
        return try content.get()
    }

    /// Takes a flight's files away.
    ///
    /// - Returns: whether there were any.
    func remove(_ name: FlightName) throws(FlightError) -> Bool {
        var removed = false
        for suffix in Self.suffixes {
            let file = name.description + suffix
            if unlink(root + "/" + file) == 0 {
                removed = true
            } else if errno != ENOENT, errno != ENOTDIR {
                throw FlightError(.internal, "\(file): \(FileProblem(doing: "remove"))")
            }
        }
        return removed
    }

    // MARK: All of them

    /// Every flight, by name, and every file that should be one and cannot be read.
    func flights() throws(FlightError) -> (flights: [Flight], unreadable: [Unreadable]) {
        var found: [FlightName: String] = [:]
        var unreadable: [Unreadable] = []
        try collect("", depth: 0, into: &found, &unreadable)
        var flights: [Flight] = []
        for (name, file) in found.sorted(by: { $0.key < $1.key }) {
            do {
                if let flight = try flight(name, file: file) { flights.append(flight) }
            } catch {
                unreadable.append(Unreadable(file: file, problem: error.message))
            }
        }
        return (flights, unreadable.sorted { $0.file < $1.file })
    }

    private func collect(
        _ folder: String, depth: Int, into found: inout [FlightName: String], _ unreadable: inout [Unreadable]
    ) throws(FlightError) {
        guard let directory = opendir(root + "/" + folder) else {
            // A folder that went away meanwhile has no flights.
            guard depth == 0 else { return }
            throw FlightError(.unavailable, "the folder of the flights: \(FileProblem(doing: "open"))")
        }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let component = entry.name
            guard !component.hasPrefix(".") else { continue }
            let path = folder.isEmpty ? component : folder + "/" + component
            if entry.isFolder(at: root + "/" + path) {
                if depth < Self.deepest - 1 { try collect(path, depth: depth + 1, into: &found, &unreadable) }
                continue
            }
            guard let suffix = Self.suffixes.first(where: path.hasSuffix) else { continue }
            guard found.count < Self.mostFiles else {
                throw FlightError(.resourceExhausted, "the folder has more than \(Self.mostFiles) flights")
            }
            do {
                let name = try FlightName(text: path.dropLast(suffix.count))
                if let other = found[name] {
                    let hidden = max(other, path)
                    unreadable.append(Unreadable(file: hidden, problem: "\(hidden): hidden by \(min(other, path))"))
                    found[name] = min(other, path)
                } else {
                    found[name] = path
                }
            } catch {
                unreadable.append(Unreadable(file: path, problem: "\(path): \(error.message)"))
            }
        }
    }
}

extension UnsafeMutablePointer<dirent> {
    fileprivate var name: String {
        withUnsafePointer(to: &pointee.d_name) { name in
            name.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
        }
    }

    /// Whether the entry is a folder, or a link to one.
    fileprivate func isFolder(at path: String) -> Bool {
        if pointee.d_type == UInt8(DT_DIR) { return true }
        guard pointee.d_type == UInt8(DT_LNK) || pointee.d_type == UInt8(DT_UNKNOWN) else { return false }
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
