import ArrowIPC
import FlightProtocol
import Foundation
import TestSupport
import Testing

@testable import Flight

/// What the files of a folder are as flights.
@Suite struct FlightFolderTests {
    private let folder: TemporaryFolder
    private let flights: FlightFolder

    init() throws {
        folder = try TemporaryFolder()
        flights = FlightFolder(root: folder.path)
    }

    private func rows(_ name: String) throws -> Int64? { try flights.flight(FlightName(text: name))?.index.rows }

    @Test("Every file with one of both suffixes is a flight, by the path without it; all are listed by name")
    func names() throws {
        try folder.write(PyArrowFiles.file, to: "b.arrow")
        try folder.write(PyArrowFiles.stream, to: "a.arrows")
        try folder.write(PyArrowFiles.emptyFile, to: "sales/2024/q 1.arrow")
        try folder.write(PyArrowFiles.oldStream, to: "sales/ü.arrows")
        try folder.write(PyArrowFiles.file, to: "x.arrow/y.arrow.arrow")
        let (listed, unreadable) = try flights.flights()
        #expect(
            listed.map(\.name.description) == ["a", "b", "sales/2024/q 1", "sales/ü", "x.arrow/y.arrow"])
        #expect(listed.map(\.index.rows) == [5, 5, 0, 3, 5])
        #expect(unreadable.isEmpty)
        for flight in listed { #expect(try flights.flight(flight.name)?.index == flight.index) }
    }

    @Test(
        "What is hidden, or has another suffix, is no flight",
        arguments: [
            ".a.arrow", ".a.arrows.partial", ".git/a.arrow", "b/.c/a.arrow", "a.txt", "a.arrow2", "arrow", "a.arrow/x",
            "a.ARROW", "a.parquet", "a.arrow~",
        ])
    func otherFiles(_ name: String) throws {
        try folder.write(PyArrowFiles.file, to: "seen.arrow")
        try folder.write(PyArrowFiles.file, to: name)
        let (listed, unreadable) = try flights.flights()
        #expect(listed.map(\.name.description) == ["seen"])
        #expect(unreadable.isEmpty)
        #expect(try rows("a") == nil)
    }

    @Test("Of a flight in both formats the file format counts, and the other is said to be hidden")
    func bothFormats() throws {
        try folder.write(PyArrowFiles.emptyFile, to: "sales/a.arrow")
        try folder.write(PyArrowFiles.stream, to: "sales/a.arrows")
        let (listed, unreadable) = try flights.flights()
        #expect(listed.map(\.index.rows) == [0])
        #expect(unreadable.map(\.file) == ["sales/a.arrows"])
        #expect(unreadable.map(\.problem) == ["sales/a.arrows: hidden by sales/a.arrow"])
        #expect(try rows("sales/a") == 0)
        try folder.remove("sales/a.arrow")
        #expect(try rows("sales/a") == 5)
    }

    @Test("A file that is broken hides no other, and says what is wrong with it and where")
    func broken() throws {
        try folder.write(Array(PyArrowFiles.file.dropLast(3)), to: "cut.arrow")
        try folder.write(Array("PAR1....PAR1".utf8), to: "table.arrow")
        try folder.write([], to: "empty.arrows")
        try folder.write(PyArrowFiles.file, to: "good.arrow")
        let problems = [
            "cut.arrow: at offset \(PyArrowFiles.file.count - 9): the file does not end with ARROW1: "
                + "it is cut, or its writer was not closed",
            "empty.arrows: at offset 0: it is empty",
            "table.arrow: at offset 0: it is a Parquet file, not Arrow IPC",
        ]
        for _ in 0..<2 {
            let (listed, unreadable) = try flights.flights()
            #expect(listed.map(\.name.description) == ["good"])
            #expect(unreadable.map(\.problem) == problems)
            // The same from the start and from memory.
            #expect(throws: FlightError(.dataLoss, problems[0])) { _ = try rows("cut") }
        }
    }

    @Test("A file whose name cannot be a flight's is listed as one that cannot be served")
    func badNames() throws {
        let long = String(repeating: "x", count: 201)
        try folder.write(PyArrowFiles.file, to: "\(long).arrow")
        try folder.write(PyArrowFiles.file, to: "a\nb.arrow")
        let (listed, unreadable) = try flights.flights()
        #expect(listed.isEmpty)
        #expect(unreadable.map(\.file) == ["a\\nb.arrow", "\(long).arrow"])
        #expect(unreadable.allSatisfy { $0.problem.hasPrefix($0.file + ": a component of a flight's path") })
    }

    @Test("A link to a file or folder is followed, and one to where it stands or to nothing is not")
    func links() throws {
        let other = try TemporaryFolder()
        try other.write(PyArrowFiles.file, to: "x.arrow")
        try folder.write(PyArrowFiles.stream, to: "inner/a.arrows")
        try folder.link("inner/loop", to: "..")
        try folder.link("outer", to: other.path)
        try folder.link("file.arrow", to: other.path("x.arrow"))
        try folder.link("gone.arrow", to: other.path("gone"))
        let (listed, unreadable) = try flights.flights()
        #expect(listed.map(\.name.description) == ["file", "inner/a", "outer/x"])
        #expect(unreadable.isEmpty)
    }

    @Test("A folder that is not there cannot be listed, and has no flights")
    func missing() throws {
        try folder.remove("")
        let problem = #expect(throws: FlightError.self) { try flights.flights() }
        #expect(problem?.code == .unavailable)
        #expect(problem?.message == "the folder of the flights: cannot open it: No such file or directory")
        #expect(try rows("a") == nil)
    }

    // MARK: What is remembered

    @Test("A file is read once, as long as it is the same")
    func remembered() throws {
        try folder.write(PyArrowFiles.stream, to: "a.arrows")
        let time = Date(timeIntervalSince1970: 1_000_000_000)
        try folder.setTime(time, of: "a.arrows")
        #expect(try rows("a") == 5)
        // Other bytes of the same size at the same time: only what was remembered can have the rows.
        try folder.overwrite([UInt8](repeating: 1, count: PyArrowFiles.stream.count), in: "a.arrows")
        try folder.setTime(time, of: "a.arrows")
        #expect(try rows("a") == 5)
        #expect(try flights.flights().flights.map(\.index.rows) == [5])
        // Another stamp, and it is read again.
        try folder.setTime(time + 1, of: "a.arrows")
        let problem = #expect(throws: FlightError.self) { try rows("a") }
        #expect(problem?.code == .dataLoss)
        #expect(try flights.flights().unreadable.count == 1)
    }

    @Test("What was wrong with a file is remembered like what was right, and forgotten when the file is another")
    func repaired() throws {
        try folder.write(PyArrowFiles.file, to: "a.arrow")
        let time = Date(timeIntervalSince1970: 1_000_000_000)
        try folder.overwrite([UInt8](repeating: 1, count: PyArrowFiles.file.count), in: "a.arrow")
        try folder.setTime(time, of: "a.arrow")
        #expect(throws: FlightError.self) { try rows("a") }
        try folder.overwrite(PyArrowFiles.file, in: "a.arrow")
        try folder.setTime(time, of: "a.arrow")
        #expect(throws: FlightError.self) { try rows("a") }
        try folder.setTime(time + 1, of: "a.arrow")
        #expect(try rows("a") == 5)
    }

    @Test("A file that is replaced by another of the same size and time is read anew")
    func replaced() throws {
        let time = Date(timeIntervalSince1970: 1_000_000_000)
        try folder.write(PyArrowFiles.stream, to: "a.arrows")
        try folder.setTime(time, of: "a.arrows")
        #expect(try rows("a") == 5)
        try folder.write([UInt8](repeating: 1, count: PyArrowFiles.stream.count), to: "a.arrows")
        try folder.setTime(time, of: "a.arrows")
        #expect(throws: FlightError.self) { try rows("a") }
    }

    @Test("A file that is removed is no flight any more, and one that comes back is read")
    func removed() throws {
        try folder.write(PyArrowFiles.stream, to: "a.arrows")
        #expect(try rows("a") == 5)
        try folder.remove("a.arrows")
        #expect(try rows("a") == nil)
        #expect(try flights.flights().flights.isEmpty)
        try folder.write(PyArrowFiles.oldStream, to: "a.arrows")
        #expect(try rows("a") == 3)
    }

    @Test("A flight is taken away in both formats, and only it")
    func remove() throws {
        for name in ["a.arrow", "a.arrows", "ab.arrow", "a/b.arrow"] { try folder.write(PyArrowFiles.file, to: name) }
        let name = try FlightName(text: "a")
        #expect(try flights.remove(name))
        #expect(try folder.contents == ["a", "a/b.arrow", "ab.arrow"])
        #expect(try !flights.remove(name))
        #expect(try !flights.remove(FlightName(text: "ab.arrow/x")))
    }
}
