import FlightProtocol
import Testing

@testable import Flight

@Suite struct FlightNameTests {
    static let good: [([String], String)] = [
        (["a"], "a"), (["sales", "2024"], "sales/2024"), (["a b", "ü", "日本"], "a b/ü/日本"), (["a.b.."], "a.b.."),
        (["-rf"], "-rf"), (["~"], "~"), (["a\\b"], "a\\b"), (["%2e%2e"], "%2e%2e"), (["*?<>|:\"'`$"], "*?<>|:\"'`$"),
        ([String(repeating: "x", count: 200)], String(repeating: "x", count: 200)),
        (Array(repeating: "x", count: 16), Array(repeating: "x", count: 16).joined(separator: "/")),
    ]

    @Test("A name is the same as a path, as text and as bytes", arguments: good)
    func forms(_ components: [String], _ text: String) throws {
        let name = try FlightName(components)
        #expect(name.components == components)
        #expect(name.description == text)
        #expect(try FlightName(text: text) == name)
        #expect(try FlightName(bytes: text.utf8) == name)
    }

    private static let component =
        "a component of a flight's path has 1 to 200 bytes, begins with no dot and has no slash or control character"

    static let bad: [([String], String)] = [
        ([], "a flight's path must not be empty"),
        (Array(repeating: "x", count: 17), "a flight's path has at most 16 components"),
        ([""], component), (["a", ""], component), (["", "a"], component), (["a", "", "b"], component),
        (["."], component), ([".."], component), (["a", "..", "b"], component), ([".hidden"], component),
        (["...."], component), (["a/b"], component), (["/a"], component), (["a/"], component),
        (["../../etc"], component),
        (["a\0"], component), (["a\nb"], component), (["\u{1B}[31m"], component), (["a\u{7F}"], component),
        (["\r\n"], component), (["a/\u{301}b"], component), ([String(repeating: "x", count: 201)], component),
        ([String(repeating: "ü", count: 101)], component),
    ]

    @Test("What could leave the folder, hide in it or harm a terminal is no name", arguments: bad)
    func refused(_ components: [String], _ text: String) {
        #expect(throws: FlightError(.invalidArgument, text)) { try FlightName(components) }
    }

    @Test(
        "Text is split at every slash, and no part may be empty",
        arguments: ["", "/", "/a", "a/", "a//b", "..", "../a", "a/../b", "./a", "a/.", "/etc/passwd"])
    func text(_ text: String) {
        #expect(throws: FlightError(.invalidArgument, Self.component)) { try FlightName(text: text) }
        #expect(throws: FlightError(.invalidArgument, Self.component)) { try FlightName(bytes: text.utf8) }
    }

    @Test(
        "Bytes that are not UTF-8 are no name",
        arguments: [[0xff], [0x61, 0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xc3]] as [[UInt8]])
    func bytes(_ bytes: [UInt8]) {
        #expect(throws: FlightError(.invalidArgument, "a flight's name is UTF-8 text")) { try FlightName(bytes: bytes) }
    }

    @Test("Names are ordered component by component")
    func order() throws {
        let names = try ["a", "a/b", "a/b/c", "a/c", "a b", "b"].map { try FlightName(text: $0) }
        #expect(names.shuffled().sorted() == names)
    }
}
