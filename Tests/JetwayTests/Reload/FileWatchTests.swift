import Foundation
import Synchronization
import Testing

@testable import Jetway

/// Files that are nowhere.
private final class ImaginaryFiles: WatchedFileSystem {
    private let files = Mutex<[String: FileFingerprint]>([:])

    func fingerprint(of path: String) -> FileFingerprint? { files.withLock { $0[path] } }

    func change(_ path: String, inode: UInt64?) {
        files.withLock { $0[path] = inode.map { FileFingerprint(inode: $0) } }
    }
}

/// Instead of time: what happens before each look; after the last the watcher's task is cancelled.
private final class Script: Sendable {
    private let steps: Mutex<[@Sendable () -> Void]>

    init(_ steps: [@Sendable () -> Void]) { self.steps = Mutex(steps) }

    func pause() throws {
        let step = steps.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        guard let step else { throw CancellationError() }
        step()
    }
}

@Suite struct FileWatchTests {
    private let files = ImaginaryFiles()

    /// How many changes are told over the steps.
    private func changes(of paths: [String], _ steps: [@Sendable () -> Void]) async -> Int {
        let script = Script(steps)
        let watch = FileWatch(files: paths, fileSystem: files) { try script.pause() }
        var count = 0
        while await watch.next() != nil { count += 1 }
        return count
    }

    @Test("A file that is replaced is a change, told once")
    func replaced() async {
        let files = files
        files.change("a", inode: 1)
        let count = await changes(of: ["a", "b"], [{}, { files.change("a", inode: 2) }, {}, {}, {}])
        #expect(count == 1)
    }

    @Test("Several files that change one after the other are one change")
    func several() async {
        let files = files
        let count = await changes(
            of: ["a", "b"], [{ files.change("a", inode: 1) }, { files.change("b", inode: 1) }, {}, {}])
        #expect(count == 1)
    }

    @Test("A file that goes away is a change, and one that comes")
    func missing() async {
        let files = files
        files.change("a", inode: 1)
        let count = await changes(
            of: ["a"], [{ files.change("a", inode: nil) }, {}, { files.change("a", inode: 3) }, {}])
        #expect(count == 2)
    }

    @Test("Files that are watched no more change unseen, and others are watched as they are now")
    func replacedList() async {
        let files = files
        let watches = Mutex<FileWatch?>(nil)
        let script = Script([
            { files.change("b", inode: 5) },
            { watches.withLock { $0?.replace(files: ["b"]) } },
            { files.change("a", inode: 6) }, {},
            { files.change("b", inode: 7) },
        ])
        let watch = FileWatch(files: ["a"], fileSystem: files) { try script.pause() }
        watches.withLock { $0 = watch }
        #expect(await watch.next() == nil)
    }

    @Test("Another list forgets no change of the files that are in both", arguments: [["a"], ["a", "b"]])
    func bothLists(paths: [String]) async {
        let files = files
        let watches = Mutex<FileWatch?>(nil)
        let script = Script([
            { files.change("a", inode: 5) }, { watches.withLock { $0?.replace(files: paths) } }, {}, {},
        ])
        let watch = FileWatch(files: ["a"], fileSystem: files) { try script.pause() }
        watches.withLock { $0 = watch }
        #expect(await watch.next() != nil)
    }
}

@Suite struct SystemFilesTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "jetway-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func path(_ name: String) -> String { folder.appending(path: name).path }

    private func fingerprint(_ name: String) -> FileFingerprint? { SystemFiles().fingerprint(of: path(name)) }

    @Test("A file that is written anew, replaced or reached through a swapped link has another fingerprint")
    func changes() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(fingerprint("a") == nil)
        try "one".write(toFile: path("a"), atomically: false, encoding: .utf8)
        let first = try #require(fingerprint("a"))
        #expect(first.size == 3)
        try "two".write(toFile: path("a"), atomically: true, encoding: .utf8)
        let second = try #require(fingerprint("a"))
        #expect(second != first)
        // As Kubernetes does it: the file is a link through a folder that is itself a link, and that one is swapped.
        for name in ["v1", "v2"] {
            try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: false)
            try "same".write(toFile: path("\(name)/key"), atomically: false, encoding: .utf8)
        }
        try FileManager.default.createSymbolicLink(atPath: path("..data"), withDestinationPath: "v1")
        try FileManager.default.createSymbolicLink(atPath: path("key"), withDestinationPath: "..data/key")
        let before = try #require(fingerprint("key"))
        try FileManager.default.createSymbolicLink(atPath: path("..data_tmp"), withDestinationPath: "v2")
        #expect(rename(path("..data_tmp"), path("..data")) == 0)
        #expect(try #require(fingerprint("key")) != before)
    }
}
