internal import ArrowIPC
internal import NIOCore

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// What tells one state of a file from another.
struct FileStamp: Hashable, Sendable {
    private let device: UInt64
    private let inode: UInt64
    let size: Int64
    private let seconds: Int
    private let nanoseconds: Int

    fileprivate init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
    }
}

/// A file that is open for reading. It stays what it is when its name is given to another file.
final class FileSource: ByteSource, Sendable {
    let stamp: FileStamp
    private let descriptor: CInt

    /// - Throws: `FileProblem`.
    init(path: String) throws(FileProblem) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileProblem(doing: "open") }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let problem = FileProblem(doing: "look at")
            close(descriptor)
            throw problem
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw FileProblem(text: "it is not a file", isMissing: false)
        }
        self.descriptor = descriptor
        self.stamp = FileStamp(status)
    }

    deinit {
        close(descriptor)
    }

    var size: Int64 { stamp.size }

    func read(at offset: Int64, count: Int) throws -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: count)
        try read(at: offset, count: count, into: &buffer)
        return buffer
    }

    /// Appends exactly `count` bytes from `offset` to `buffer`.
    ///
    /// - Throws: `IPCProblem` if the file is shorter (it was cut while it was open), or `FileProblem`.
    func read(at offset: Int64, count: Int, into buffer: inout ByteBuffer) throws {
        var done = 0
        while done < count {
            let got = try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count - done) { bytes in
                let wanted = UnsafeMutableRawBufferPointer(rebasing: bytes.prefix(count - done))
                let got = pread(descriptor, wanted.baseAddress, wanted.count, off_t(offset) + off_t(done))
                guard got >= 0 || errno == EINTR else { throw FileProblem(doing: "read") }
                return max(got, 0)
            }
            guard got > 0 else {
                throw IPCProblem(offset: offset + Int64(done), text: "the file was cut while it was read")
            }
            done += got
        }
    }
}

/// What the system says about a file.
struct FileProblem: Error, CustomStringConvertible {
    let text: String
    /// Whether there is no such file.
    let isMissing: Bool

    var description: String { text }

    init(text: String, isMissing: Bool) {
        self.text = text
        self.isMissing = isMissing
    }

    /// What the last call of the system said.
    init(doing what: String) {
        let code = errno
        self.init(
            text: "cannot \(what) it: \(String(cString: strerror(code)))", isMissing: code == ENOENT || code == ENOTDIR)
    }
}
