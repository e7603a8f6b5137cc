import Foundation
import JetwayCore
import StrictJSON
import Testing

@Suite struct JSONDocumentTests {
    private func problem(_ text: String) -> ConfigurationProblem? {
        do {
            _ = try JSONDocument.read(text, file: "x.json")
            return nil
        } catch {
            return error
        }
    }

    @Test("Every kind of value is read, and members keep their order")
    func values() throws {
        let text = #"{"b": [1, -2, 1.5, true, false, null], "a": {"": "\u00e9\n"}, "~/": "x"}"#
        let expected = JSONValue.object([
            .init("b", .array([.integer(1), .integer(-2), .real(1.5), .boolean(true), .boolean(false), .null])),
            .init("a", .object([.init("", .string("é\n"))])), .init("~/", .string("x")),
        ])
        #expect(try JSONDocument.read(text, file: "x.json") == expected)
    }

    @Test("A value's text reads as the same value")
    func text() throws {
        let text = #"{"b":[1,[],{},2.5e3],"a":{"quo\"te\\":"\u0001\u007f\t\n/é😀"},"c":null,"d":[true,false]}"#
        let value = try JSONDocument.read(text, file: "x.json")
        #expect(try JSONDocument.read(value.text, file: "x.json") == value)
        #expect(JSONValue.object(present: ["a": .integer(1), "b": nil]).text == "{\n  \"a\": 1\n}")
    }

    @Test("Of a syntax error the line and the column are told")
    func syntax() {
        let found = problem("{\n  \"a\": 1,\n  \"b\": x\n}")
        #expect(found?.line == 3)
        #expect(found?.column == 8)
        #expect(found?.problem.hasPrefix("is not valid JSON: ") == true)
    }

    @Test("A syntax error does not tell what stands near it")
    func secrets() {
        for text in [#"{"password": "hunter2" "x"}"#, #"{"password": hunter2}"#, #"{"password": "hunter2}"#] {
            #expect(problem(text)?.description.contains("hunter2") == false)
        }
    }

    @Test(
        "What is not strict JSON is refused",
        arguments: [
            "", " ", "1", "\"a\"", "{", "[1,]", "{\"a\":1,}", "{'a':1}", "{\"a\":1} x", "[01]", "[NaN]", "[+1]",
            "// c\n{}",
            "\u{FEFF}{}", "[\"\u{1}\"]", #"["\u0000"]"#, #"{"\u0000": 1}"#, "[\"\u{0}\"]", #"["\ud800"]"#, "[1e999]",
            "[9223372036854775808]",
        ])
    func refused(text: String) {
        #expect(problem(text)?.problem.hasPrefix("is not valid JSON: ") == true)
    }

    @Test("A name that comes twice in one object is refused, by name and with its line")
    func duplicates() {
        let found = problem("{\"a\": {\"x\": 1,\n\"x\": 2}}")
        #expect(found?.line == 2)
        #expect(found?.problem.contains("\"x\"") == true)
        #expect(problem(#"{"a": {"x": 1}, "b": {"x": 1}}"#) == nil)
    }

    @Test("Bytes that are no UTF-8 are refused")
    func encoding() {
        #expect(throws: ConfigurationProblem.self) {
            try JSONDocument.read(Array("[\"".utf8) + [0xFF] + Array("\"]".utf8), file: "x.json")
        }
    }

    @Test("Size and depth are bounded")
    func bounds() {
        let wide = "[\"" + String(repeating: "a", count: JSONDocument.maximumSize - 4) + "\"]"
        #expect(problem(wide) == nil)
        #expect(problem(wide + " ")?.problem == "is larger than 4 MiB")
        let nested = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        #expect(problem(nested(JSONDocument.maximumDepth)) == nil)
        #expect(problem(nested(JSONDocument.maximumDepth + 2))?.problem == "is nested deeper than 64 levels")
        #expect(problem(nested(1_000_000)) != nil)
    }

    @Test("Of a file that cannot be read the reason is told")
    func files() {
        for (file, reason) in [("/nowhere/x.json", "No such file or directory"), ("/", "Is a directory")] {
            let found = #expect(throws: ConfigurationProblem.self) { try JSONDocument.load(file: file) }
            #expect(found?.description == "\(file): cannot be read: \(reason)")
        }
    }
}
