import JetwayCore
import StrictJSON
import Testing

@Suite struct JSONCursorTests {
    private enum Colour: String, CaseIterable {
        case red, green
    }

    private struct Paint: Equatable {
        var colour: Colour
        var layers: Int
        var names: [String]
    }

    private let problems = JSONProblems(file: "x.json")

    private func cursor(_ text: String) throws -> JSONCursor {
        JSONCursor(try JSONDocument.read(text, file: "x.json"), problems: problems)
    }

    private func paint(_ text: String) throws -> Paint? {
        try cursor(text).object { object in
            let colour = object.required("colour") { $0.choice(of: Colour.self) }
            let layers = object.optional("layers") { $0.integer(in: 1...3) } ?? 1
            let names = object.optional("names") { $0.array { $0.name() } } ?? []
            return colour.map { Paint(colour: $0, layers: layers, names: names) }
        }
    }

    private var found: [String] { problems.list.map { "\($0.pointer): \($0.problem)" } }

    @Test("What is right is read without a problem")
    func right() throws {
        #expect(
            try paint(#"{"colour": "green", "layers": 3, "names": ["a"]}"#)
                == Paint(colour: .green, layers: 3, names: ["a"]))
        #expect(found.isEmpty)
    }

    @Test("All problems are found, each with its place")
    func all() throws {
        #expect(try paint(#"{"colour": "gren", "layers": 4, "names": ["", 1, "b"], "name": 1, "a/b~": 2}"#) == nil)
        #expect(
            found == [
                #"/colour: must be one of "red", "green""#, "/layers: must be from 1 to 3",
                "/names/0: must not be empty", "/names/1: expected a string, found a whole number",
                "/name: unknown key", "/a~1b~0: unknown key",
            ])
        #expect(
            problems.list.map(\.hint) == [
                #"did you mean "green"?"#, nil, nil, nil, #"did you mean "names"?"#,
                "known here: colour, layers, names",
            ])
    }

    @Test("A key that has to be there is missed at its object")
    func missing() throws {
        #expect(try paint("{}") == nil)
        #expect(found == [#": needs "colour""#])
    }

    @Test(
        "A wrong type is named, null as well",
        arguments: [
            (#"{"colour": null}"#, "/colour: expected a string, found null"),
            (#"{"colour": "red", "layers": 1.0}"#, "/layers: expected a whole number, found a number"),
            (#"{"colour": "red", "layers": "1"}"#, "/layers: expected a whole number, found a string"),
            (#"{"colour": "red", "names": {}}"#, "/names: expected a list, found an object"),
            ("[]", ": expected an object, found a list"),
        ])
    func types(text: String, expected: String) throws {
        _ = try paint(text)
        #expect(found == [expected])
    }

    @Test("Whether a place was read whole is known")
    func within() throws {
        _ = try paint(#"{"colour": "red", "names": [1]}"#)
        #expect(problems.contains(within: .root))
        #expect(problems.contains(within: .root.appending("names")))
        #expect(problems.contains(within: .root.appending("names").appending(0)))
        #expect(!problems.contains(within: .root.appending("name")))
    }

    @Test("Objects with any names and lists that must not be empty")
    func members() throws {
        let names = try cursor(#"{"b": 1, "a": true}"#).members { name, cursor in cursor.boolean().map { _ in name } }
        #expect(names == ["a"])
        #expect(try cursor("[]").filledArray { $0.string() } == nil)
        #expect(found == ["/b: expected true or false, found a whole number", ": must not be empty"])
    }
}
