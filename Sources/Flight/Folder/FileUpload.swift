internal import ArrowIPC
internal import FlightProtocol
internal import NIOCore

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// An upload that becomes a file in stream format: written under a hidden name, and given its own when it is complete.
final class FileUpload: Upload, @unchecked Sendable {
    // Proof of `Sendable`: one task uses it, and awaits each call before the next.
    private let name: FlightName
    private let folder: String
    private let temporary: String
    private var descriptor: CInt

    /// - Parameter root: the folder of the flights; those that the name needs below it are made.
    init(_ name: FlightName, in root: String) throws(FlightError) {
        var folder = root
        for component in name.components.dropLast() {
            folder += "/" + component
            guard mkdir(folder, 0o777) == 0 || errno == EEXIST else { throw Self.failure(name, "make a folder for") }
        }
        let unique = String(UInt64.random(in: .min ... .max), radix: 36)
        let temporary = "\(folder)/.\(name.components.last ?? "").\(unique).partial"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw Self.failure(name, "write") }
        self.name = name
        self.folder = folder
        self.temporary = temporary
        self.descriptor = descriptor
    }

    deinit {
        abort()
    }

    func append(_ message: UploadedMessage) throws(FlightError) {
        var head = ByteBuffer()
        IPCEncapsulation.write(metadata: message.metadata, into: &head)
        try write(head)
        try write(message.body)
    }

    func commit() throws(FlightError) {
        try write(IPCEncapsulation.endOfStream)
        guard fsync(descriptor) == 0 else { throw Self.failure(name, "write") }
        let file = folder + "/" + (name.components.last ?? "")
        guard rename(temporary, file + ".arrows") == 0 else { throw Self.failure(name, "write") }
        close(descriptor)
        descriptor = -1
        // A file in the other format would be served in its place.
        guard unlink(file + ".arrow") == 0 || errno == ENOENT || errno == EISDIR else {
            throw Self.failure(name, "replace")
        }
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw Self.failure(name, "write") }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw Self.failure(name, "write") }
    }

    func abort() {
        guard descriptor >= 0 else { return }
        unlink(temporary)
        close(descriptor)
        descriptor = -1
    }

    private func write(_ buffer: ByteBuffer) throws(FlightError) {
        var rest = buffer
        while rest.readableBytes > 0 {
            let (done, code) = rest.withUnsafeReadableBytes { bytes in
                let done = systemWrite(descriptor, bytes.baseAddress, bytes.count)
                return (done, errno)
            }
            if done > 0 {
                rest.moveReaderIndex(forwardBy: done)
            } else if code != EINTR {
                errno = code
                throw Self.failure(name, "write")
            }
        }
    }

    private static func failure(_ name: FlightName, _ what: String) -> FlightError {
        let code: GRPCCode =
            switch errno {
            case ENOSPC, EDQUOT: .resourceExhausted
            case ENOTDIR: .invalidArgument
            default: .unavailable
            }
        return FlightError(code, "\(name): \(FileProblem(doing: what))")
    }
}

/// `write` of the system; the method of the class has the same name.
private func systemWrite(_ descriptor: CInt, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
