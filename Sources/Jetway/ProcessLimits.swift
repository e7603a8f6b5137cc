package import JetwayRelay
internal import NIOPosix

#if canImport(Glibc)
    internal import CMalloc
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// What the process may use of its machine, and how it is set up for serving.
package enum ProcessLimits {
    /// The memory that the process may use, in bytes: the limit of its control group, or the machine's memory.
    package static var memory: Int {
        let physical = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        let limits = memoryLimitFiles(controlGroups: readText("/proc/self/cgroup") ?? "").compactMap(readNumber)
        return min(limits.min() ?? physical, physical)
    }

    /// The files that may limit the memory: of the process's control group and of those around it (cgroups(7)).
    ///
    /// - Parameter controlGroups: the content of `/proc/self/cgroup`. In a container the path is that of the host, or `/`.
    static func memoryLimitFiles(controlGroups: String) -> [String] {
        var files: [String] = []
        for line in controlGroups.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, parts[1].isEmpty || parts[1].split(separator: ",").contains("memory") else {
                continue
            }
            let (top, file) =
                parts[1].isEmpty
                ? ("/sys/fs/cgroup", "memory.max") : ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            var names = parts[2].split(separator: "/")
            files.append("\(top)/\(file)")
            while !names.isEmpty {
                files.append("\(top)/\(names.joined(separator: "/"))/\(file)")
                names.removeLast()
            }
        }
        return files
    }

    /// Raises the number of files that the process may have open to what it is allowed, and returns it.
    package static func raiseOpenFiles() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        let allowed = min(limit.rlim_max, 1 << 20)
        if limit.rlim_cur < allowed {
            limit.rlim_cur = allowed
            _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            _ = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// Keeps freed memory for the next read instead of giving it back at once: a receive buffer that is mapped anew costs a
    /// page fault for each 4 KiB, a tenth of the work of a byte. `returnFreeMemory` gives it back when there is time.
    package static func keepFreedMemory() {
        #if canImport(Glibc)
            mallopt(M_TRIM_THRESHOLD, keptFree)
            mallopt(M_MMAP_THRESHOLD, keptFree)
        #endif
    }

    /// The free end of an arena, in bytes, that stays for the next read.
    private static let keptFree: CInt = 8 << 20

    /// Gives the free end of the calling thread's memory back to the system; `returnFreeMemory` does not reach it.
    package static func returnThreadMemory() {
        #if canImport(Glibc)
            cmalloc_trim_thread_arena(64 << 10, keptFree)
        #endif
    }

    /// Gives memory that was freed back to the system: the C library keeps it otherwise, in each thread's arena.
    package static func returnFreeMemory() {
        #if canImport(Glibc)
            malloc_trim(0)
        #endif
    }

    /// Gives back what the calling thread has freed, at once, and what the others have, off the event loops.
    @Sendable
    static func returnAllFreeMemory() {
        returnThreadMemory()
        NIOThreadPool.singleton.submit { _ in returnFreeMemory() }
    }

    /// A peer that goes away while it is written to is an error of that write, no signal.
    package static func ignoreBrokenPipes() {
        signal(SIGPIPE, SIG_IGN)
    }

    /// The number in a file that holds nothing else.
    private static func readNumber(_ path: String) -> Int? {
        readText(path).flatMap { Int($0.prefix { !$0.isWhitespace }) }
    }

    /// A short file's text.
    private static func readText(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 16 << 10)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}

extension ProcessLimits {
    /// The limits that follow from this machine: how many files may be open, how much memory there is.
    package static func relayLimits() -> RelayLimits {
        var limits = RelayLimits()
        limits.connections = min(limits.connections, raiseOpenFiles() / 2)
        limits.retainedMemory = memory / 2
        return limits
    }
}
