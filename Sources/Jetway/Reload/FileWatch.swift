internal import Synchronization

/// Watches files for change by looking at them each second.
///
/// It asks for nothing but `stat`, and so works on every file system, over every kind of replacement, and where a file is not there
/// yet.
final class FileWatch: Sendable {
    /// Waits until the next look; throws if its task is cancelled.
    typealias Pause = @Sendable () async throws -> Void

    private struct State {
        var files: Set<String>
        /// Without files that are not there.
        var changes: FileChanges<[String: FileFingerprint]>
    }

    private let fileSystem: any WatchedFileSystem
    private let pause: Pause
    private let state: Mutex<State>

    convenience init(files: [String], interval: Duration = .seconds(1)) {
        self.init(files: files, fileSystem: SystemFiles()) { try await Task.sleep(for: interval) }
    }

    init(files: [String], fileSystem: any WatchedFileSystem, pause: @escaping Pause) {
        self.fileSystem = fileSystem
        self.pause = pause
        let files = Set(files)
        state = Mutex(State(files: files, changes: FileChanges(Self.look(at: files, in: fileSystem))))
    }

    /// Waits for the next change of any of the files. One task at a time.
    ///
    /// - Returns: nil if the task is cancelled.
    func next() async -> Void? {
        while true {
            do {
                try await pause()
            } catch {
                return nil
            }
            if hasChanged() { return () }
        }
    }

    /// Watches other files from now on, as they are now. Of those that were watched before, what has not been told yet still is:
    /// they may have changed while they were read.
    func replace(files: [String]) {
        let files = Set(files)
        let snapshot = Self.look(at: files, in: fileSystem)
        state.withLock { state in
            guard state.files != files else { return }
            var known = state.changes.known.filter { files.contains($0.key) }
            for (file, fingerprint) in snapshot where !state.files.contains(file) { known[file] = fingerprint }
            state = State(files: files, changes: FileChanges(known))
        }
    }

    private func hasChanged() -> Bool {
        // Files on a network may be slow to look at.
        let files = state.withLock { $0.files }
        let snapshot = Self.look(at: files, in: fileSystem)
        return state.withLock { state in
            state.files == files && state.changes.look(snapshot)
        }
    }

    private static func look(
        at files: Set<String>, in fileSystem: any WatchedFileSystem
    ) -> [String: FileFingerprint] {
        var snapshot: [String: FileFingerprint] = [:]
        for file in files { snapshot[file] = fileSystem.fingerprint(of: file) }
        return snapshot
    }
}
