internal import ArrowIPC
internal import CFile
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
            // A folder may have the name of a file; it is no flight.
            throw FileProblem(text: "it is not a file", isMissing: status.st_mode & S_IFMT == S_IFDIR)
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
            let got = try append(count - done, to: &buffer) { bytes in
                pread(descriptor, bytes.baseAddress, bytes.count, off_t(offset) + off_t(done))
            }
            guard got > 0 || errno == EINTR else {
                throw IPCProblem(offset: offset + Int64(done), text: "the file was cut while it was read")
            }
            done += got
        }
    }

    /// Appends what of `count` bytes from `offset` is in memory already: never waits for a disk.
    ///
    /// - Returns: how many bytes that were.
    func readCached(at offset: Int64, count: Int, into buffer: inout ByteBuffer) -> Int {
        let got = try? append(count, to: &buffer) { bytes in
            cfile_read_cached(descriptor, bytes.baseAddress, bytes.count, Int(offset))
        }
        return got ?? 0
    }

    /// - Throws: `IPCProblem`, if the file is not what it was when it was opened: what was read may be of two files.
    func checkUnchanged(readingAt offset: Int64) throws {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileProblem(doing: "look at") }
        guard FileStamp(status) == stamp else {
            throw IPCProblem(offset: offset, text: "the file was changed while it was read")
        }
    }

    /// - Returns: bytes that were appended; 0 at the end of the file, or with `errno` EINTR.
    private func append(
        _ count: Int, to buffer: inout ByteBuffer, _ read: (UnsafeMutableRawBufferPointer) -> Int
    ) throws(FileProblem) -> Int {
        var got = 0
        var code: CInt = 0
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { bytes in
            got = read(UnsafeMutableRawBufferPointer(rebasing: bytes.prefix(count)))
            code = errno
            return max(got, 0)
        }
        errno = got == 0 ? 0 : code
        guard got >= 0 || code == EINTR else { throw FileProblem(doing: "read") }
        return max(got, 0)
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
