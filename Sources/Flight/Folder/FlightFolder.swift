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

    /// A flight in the list of all: its file is not kept open.
    struct Listed: Sendable {
        let name: FlightName
        let index: IPCIndex
    }

    /// A file's index, or what is wrong with it, as of a stamp.
    private struct Known {
        let stamp: FileStamp
        let content: Result<IPCIndex, FlightError>
    }

    /// Suffixes, the one that counts first if both are there: random access format, then stream format.
    static let suffixes = [".arrow", ".arrows"]

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
    func flights() throws(FlightError) -> (flights: [Listed], unreadable: [Unreadable]) {
        var listing = FolderListing(root: root)
        try listing.read()
        var flights: [Listed] = []
        for (name, file) in listing.files.sorted(by: { $0.key < $1.key }) {
            do {
                guard let flight = try flight(name, file: file) else { continue }
                flights.append(Listed(name: name, index: flight.index))
            } catch {
                listing.unreadable.append(Unreadable(file: file, problem: error.message))
            }
        }
        let present = Set(listing.files.values)
        known.withLock { $0 = $0.filter { present.contains($0.key) } }
        return (flights, listing.unreadable.sorted { $0.file < $1.file })
    }
}
