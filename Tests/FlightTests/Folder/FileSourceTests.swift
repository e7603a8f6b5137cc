import ArrowIPC
import NIOCore
import TestSupport
import Testing

@testable import Flight

@Suite struct FileSourceTests {
    private static let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

    @Test(
        "Any range of a file is read as it stands there",
        arguments: [(0, 0), (0, 10_000), (1, 1), (9_999, 1), (10_000, 0)])
    func ranges(_ offset: Int, _ count: Int) throws {
        let folder = try TemporaryFolder()
        try folder.write(Self.bytes, to: "f")
        let source = try FileSource(path: folder.path("f"))
        #expect(source.size == 10_000)
        let read = try source.read(at: Int64(offset), count: count)
        #expect(read.readableBytesView.elementsEqual(Self.bytes[offset..<offset + count]))
        var buffer = ByteBuffer(string: "before")
        try source.read(at: Int64(offset), count: count, into: &buffer)
        #expect(buffer.readableBytes == 6 + count)
    }

    @Test("A file stays what it was when its name is given to another, and when it is removed")
    func replaced() throws {
        let folder = try TemporaryFolder()
        try folder.write(Self.bytes, to: "f")
        let source = try FileSource(path: folder.path("f"))
        try folder.write([1], to: "f")
        #expect(try FileSource(path: folder.path("f")).stamp != source.stamp)
        #expect(try source.read(at: 0, count: 10_000).readableBytesView.elementsEqual(Self.bytes))
        try folder.remove("f")
        #expect(try source.read(at: 9_000, count: 1_000).readableBytes == 1_000)
    }

    @Test("A file that is cut while it is open is noticed where it ends now")
    func cut() throws {
        let folder = try TemporaryFolder()
        try folder.write(Self.bytes, to: "f")
        let source = try FileSource(path: folder.path("f"))
        try folder.overwrite(Array(Self.bytes[..<100]), in: "f")
        #expect(source.size == 10_000)
        #expect(try source.read(at: 0, count: 100).readableBytes == 100)
        #expect(throws: IPCProblem(offset: 100, text: "the file was cut while it was read")) {
            try source.read(at: 50, count: 51)
        }
    }

    @Test("What is no file is not opened, and what is missing is told apart")
    func noFile() throws {
        let folder = try TemporaryFolder()
        try folder.write([], to: "f")
        try folder.makeFolder(folder.path("folder"))
        for name in ["missing", "f/under a file", "missing/f"] {
            let problem = #expect(throws: FileProblem.self) { _ = try FileSource(path: folder.path(name)) }
            #expect(problem?.isMissing == true)
        }
        let problem = #expect(throws: FileProblem.self) { _ = try FileSource(path: folder.path("folder")) }
        #expect(problem?.description == "it is not a file")
        let device = #expect(throws: FileProblem.self) { _ = try FileSource(path: "/dev/null") }
        #expect(device?.description == "it is not a file" && device?.isMissing == false)
    }

    @Test("An Arrow file is read from the disk as from memory")
    func index() throws {
        let folder = try TemporaryFolder()
        try folder.write(PyArrowFiles.deltaFile, to: "f")
        let fromFile = try IPCIndex.read(FileSource(path: folder.path("f")))
        #expect(fromFile == (try IPCIndex.read(MemorySource(ByteBuffer(bytes: PyArrowFiles.deltaFile)))))
    }
}
