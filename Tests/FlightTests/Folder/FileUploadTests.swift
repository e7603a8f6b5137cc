import ArrowIPC
import FlightProtocol
import NIOCore
import TestSupport
import Testing

@testable import Flight

/// Uploads that become files.
@Suite struct FileUploadTests {
    private let folder: TemporaryFolder
    private let flights: FlightFolder

    init() throws {
        folder = try TemporaryFolder()
        flights = FlightFolder(root: folder.path)
    }

    /// An upload with all its messages, not complete yet.
    private func begin(_ stream: [UInt8], as name: String) throws -> FileUpload {
        let upload = try FileUpload(FlightName(text: name), in: folder.path)
        for data in try uploaded(stream) { try upload.append(UploadedMessage(data)) }
        return upload
    }

    private var names: [String] {
        get throws { try flights.flights().flights.map(\.name.description) }
    }

    @Test("Nothing of an upload is visible before it is complete; then it is a stream as pyarrow writes it")
    func commit() throws {
        let upload = try begin(PyArrowFiles.stream, as: "a")
        let partial = try folder.contents
        #expect(partial.count == 1)
        #expect(partial.first.map { $0.hasPrefix(".a.") && $0.hasSuffix(".partial") } == true)
        #expect(try names == [])
        #expect(try flights.flight(FlightName(text: "a"))?.index.rows == nil)
        try upload.commit()
        #expect(try folder.contents == ["a.arrows"])
        #expect(try folder.read("a.arrows") == PyArrowFiles.stream)
        #expect(try names == ["a"])
    }

    @Test("A name with components makes the folders that it needs")
    func nested() throws {
        try begin(PyArrowFiles.stream, as: "sales/2024/q1").commit()
        try begin(PyArrowFiles.deltaStream, as: "sales/2024/q2").commit()
        #expect(
            try folder.contents == ["sales", "sales/2024", "sales/2024/q1.arrows", "sales/2024/q2.arrows"])
        #expect(try names == ["sales/2024/q1", "sales/2024/q2"])
        #expect(try folder.read("sales/2024/q2.arrows") == PyArrowFiles.deltaStream)
    }

    @Test("An upload that is aborted, or that nobody completes, leaves nothing")
    func abort() throws {
        let upload = try begin(PyArrowFiles.stream, as: "a")
        upload.abort()
        upload.abort()
        #expect(try folder.contents == [])
        _ = try begin(PyArrowFiles.stream, as: "a")
        #expect(try folder.contents == [])
    }

    @Test("A complete upload replaces the flight of that name in either format, and an aborted one does not")
    func replace() throws {
        try folder.write(PyArrowFiles.file, to: "a.arrow")
        try folder.write(PyArrowFiles.file, to: "ab.arrow")
        try begin(PyArrowFiles.deltaStream, as: "a").abort()
        #expect(try folder.read("a.arrow") == PyArrowFiles.file)
        try begin(PyArrowFiles.deltaStream, as: "a").commit()
        #expect(try folder.contents == ["a.arrows", "ab.arrow"])
        try begin(PyArrowFiles.stream, as: "a").commit()
        #expect(try folder.contents == ["a.arrows", "ab.arrow"])
        #expect(try folder.read("a.arrows") == PyArrowFiles.stream)
    }

    @Test("Uploads of one name at the same time do not mix: the last that is complete stays")
    func sameTime() throws {
        let first = try begin(PyArrowFiles.stream, as: "a")
        let second = try begin(PyArrowFiles.deltaStream, as: "a")
        #expect(try folder.contents.count == 2)
        try second.commit()
        #expect(try folder.read("a.arrows") == PyArrowFiles.deltaStream)
        try first.commit()
        #expect(try folder.contents == ["a.arrows"])
        #expect(try folder.read("a.arrows") == PyArrowFiles.stream)
    }

    @Test("A reader that has the old flight open reads on in it")
    func openReader() throws {
        try begin(PyArrowFiles.stream, as: "a").commit()
        let name = try FlightName(text: "a")
        let old = try #require(try flights.flight(name))
        try begin(PyArrowFiles.deltaStream, as: "a").commit()
        let size = PyArrowFiles.stream.count
        #expect(try old.source.read(at: 0, count: size) == ByteBuffer(bytes: PyArrowFiles.stream))
        #expect(try flights.flight(name)?.index.schema.fields.map(\.name) == ["d"])
    }

    // MARK: What goes wrong

    private func expectProblem(_ code: GRPCCode, _ text: String, _ body: () throws -> Void) {
        #expect(throws: FlightError(code, text)) { try body() }
    }

    @Test("A folder that is not there, or is a file, is said with the flight's name and not with its place")
    func noFolder() throws {
        try folder.write([1], to: "file")
        expectProblem(.invalidArgument, "file/a: cannot write it: Not a directory") {
            _ = try begin(PyArrowFiles.stream, as: "file/a")
        }
        expectProblem(.invalidArgument, "file/a/b: cannot make a folder for it: Not a directory") {
            _ = try begin(PyArrowFiles.stream, as: "file/a/b")
        }
        #expect(try folder.contents == ["file"])
        try folder.remove("")
        expectProblem(.unavailable, "a: cannot write it: No such file or directory") {
            _ = try begin(PyArrowFiles.stream, as: "a")
        }
        expectProblem(.unavailable, "a/b: cannot make a folder for it: No such file or directory") {
            _ = try begin(PyArrowFiles.stream, as: "a/b")
        }
    }

    @Test("Where a folder has the file's name the upload fails and leaves nothing")
    func folderInPlace() throws {
        try folder.makeFolder(folder.path("a.arrows"))
        let upload = try begin(PyArrowFiles.stream, as: "a")
        expectProblem(.unavailable, "a: cannot write it: Is a directory") { try upload.commit() }
        upload.abort()
        #expect(try folder.contents == ["a.arrows"])
    }

    @Test("An upload whose folder goes away fails when it is to be complete")
    func folderGone() throws {
        let upload = try begin(PyArrowFiles.stream, as: "sales/a")
        try folder.remove("sales")
        expectProblem(.unavailable, "sales/a: cannot write it: No such file or directory") { try upload.commit() }
        upload.abort()
        #expect(try folder.contents == [])
    }
}
