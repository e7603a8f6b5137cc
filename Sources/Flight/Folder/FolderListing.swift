internal import ArrowIPC
internal import FlightProtocol

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// The files of a folder and of the folders in it that are flights by their names.
struct FolderListing {
    private static let deepest = 16
    private static let mostFiles = 100_000

    private let root: String
    /// Paths below the root.
    private(set) var files: [FlightName: String] = [:]
    var unreadable: [FlightFolder.Unreadable] = []
    /// The folders on the way down, so that a link to one of them is not followed.
    private var ancestors: [FolderID] = []

    init(root: String) {
        self.root = root
    }

    /// - Throws: UNAVAILABLE if the folder cannot be read, RESOURCE_EXHAUSTED if it has too many flights.
    mutating func read() throws(FlightError) {
        guard try read("") else {
            throw FlightError(.unavailable, "the folder of the flights: \(FileProblem(doing: "open"))")
        }
    }

    /// - Returns: whether the folder could be opened; `errno` tells why not.
    private mutating func read(_ folder: String) throws(FlightError) -> Bool {
        guard let directory = opendir(root + "/" + folder) else { return false }
        defer { closedir(directory) }
        guard let id = FolderID(descriptor: dirfd(directory)), !ancestors.contains(id), ancestors.count < Self.deepest
        else { return true }
        ancestors.append(id)
        defer { ancestors.removeLast() }
        while let entry = readdir(directory) {
            let component = entry.name
            guard component.first != UInt8(ascii: ".") else { continue }
            let text = String(decoding: component, as: UTF8.self)
            let path = folder.isEmpty ? text : folder + "/" + text
            guard text.utf8.elementsEqual(component) else {
                if Self.suffix(of: path) != nil { add(problem: "its name is not UTF-8", to: path) }
                continue
            }
            if entry.isFolder(at: root + "/" + path) {
                try readInner(path)
            } else if let suffix = Self.suffix(of: path) {
                try add(path, suffix: suffix)
            }
        }
        return true
    }

    private mutating func readInner(_ folder: String) throws(FlightError) {
        guard try !read(folder) else { return }
        let problem = FileProblem(doing: "open")
        // A folder that went away meanwhile has no flights.
        if !problem.isMissing { add(problem: problem.text, to: folder) }
    }

    private mutating func add(_ path: String, suffix: String) throws(FlightError) {
        guard files.count < Self.mostFiles else {
            throw FlightError(.resourceExhausted, "the folder has more than \(Self.mostFiles) flights")
        }
        do {
            let name = try FlightName(text: path.dropLast(suffix.count))
            guard let other = files[name] else { return files[name] = path }
            files[name] = min(other, path)
            add(problem: "hidden by \(min(other, path))", to: max(other, path))
        } catch {
            add(problem: error.message, to: path)
        }
    }

    private mutating func add(problem: String, to path: String) {
        let file = path.escapingControls
        unreadable.append(FlightFolder.Unreadable(file: file, problem: "\(file): \(problem)"))
    }

    private static func suffix(of path: String) -> String? {
        FlightFolder.suffixes.first(where: path.hasSuffix)
    }
}

/// What a folder is, whatever its name.
private struct FolderID: Equatable {
    private let device: UInt64
    private let inode: UInt64

    init?(descriptor: CInt) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
    }
}

extension UnsafeMutablePointer<dirent> {
    /// The bytes of the name; no file system promises that they are text.
    fileprivate var name: [UInt8] {
        withUnsafeBytes(of: &pointee.d_name) { Array($0.prefix { $0 != 0 }) }
    }

    /// Whether the entry is a folder, or a link to one.
    fileprivate func isFolder(at path: String) -> Bool {
        if pointee.d_type == UInt8(DT_DIR) { return true }
        guard pointee.d_type == UInt8(DT_LNK) || pointee.d_type == UInt8(DT_UNKNOWN) else { return false }
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
