internal import CFile

/// What tells one state of a file from another without reading it.
///
/// The size alone misses a key of the same length, the time alone a file that was moved into place; links are followed, so that the
/// swap of a link on the way (Kubernetes' `..data`) is another file.
struct FileFingerprint: Sendable, Hashable {
    var device: UInt64 = 0
    var inode: UInt64 = 0
    var size: Int64 = 0
    /// In nanoseconds since 1970.
    var modified: Int64 = 0
    /// When its metadata changed last, in nanoseconds since 1970: nobody can set it back.
    var changed: Int64 = 0
}

/// Where files are looked at; another one in tests.
protocol WatchedFileSystem: Sendable {
    /// nil: there is no file, or it cannot be looked at.
    func fingerprint(of path: String) -> FileFingerprint?
}

/// The files of this machine.
struct SystemFiles: WatchedFileSystem {
    func fingerprint(of path: String) -> FileFingerprint? {
        var status = cfile_fingerprint()
        guard cfile_fingerprint_of(path, &status) != 0 else { return nil }
        return FileFingerprint(
            device: UInt64(status.device), inode: UInt64(status.inode), size: Int64(status.size),
            modified: Self.nanoseconds(status.modified_seconds, status.modified_nanoseconds),
            changed: Self.nanoseconds(status.changed_seconds, status.changed_nanoseconds))
    }

    private static func nanoseconds(_ seconds: Int, _ nanoseconds: Int) -> Int64 {
        Int64(seconds) &* 1_000_000_000 &+ Int64(nanoseconds)
    }
}
