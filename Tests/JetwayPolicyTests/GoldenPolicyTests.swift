import Foundation
import JetwayCore
import StrictJSON
import Testing

@testable import JetwayPolicy

/// The files in `Golden`: what is valid, and what is not with its problems.
@Suite struct GoldenPolicyTests {
    static let folder = String(#filePath.dropLast(#fileID.split(separator: "/").last?.count ?? 0)) + "Golden/"

    static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
        .filter { $0.hasSuffix(".json") }.sorted()
    static let validNames = names.filter { $0.hasPrefix("valid.") }

    static let sources = IdentitySources([.init(.basic), .init(.jwt, name: "corp"), .init(.anonymous)])

    @Test("There are files to read")
    func files() {
        #expect(Self.validNames.count >= 5)
        #expect(Self.names.count { $0.hasPrefix("invalid.") } >= 30)
    }

    @Test("A valid file has no problems", arguments: validNames)
    func valid(name: String) throws {
        _ = try PolicySnapshot.compile(files: [Self.folder + name], sources: Self.sources)
    }

    @Test("An invalid file has the problems beside it, and no others", arguments: names.filter { $0.hasPrefix("inv") })
    func invalid(name: String) throws {
        let expected = try String(
            contentsOfFile: Self.folder + name.replacing(".json", with: ".expected"), encoding: .utf8)
        var rest: [String] = []
        do {
            _ = try PolicySet.load(files: [Self.folder + name], sources: Self.sources)
        } catch {
            rest = error.list.map { "\($0.pointer): \($0.problem)" }
        }
        for line in expected.split(separator: "\n") {
            let index = rest.firstIndex { $0.hasPrefix(line) }
            #expect(index != nil, "no problem begins with \(line); there are \(rest)")
            if let index { rest.remove(at: index) }
        }
        #expect(rest.isEmpty)
    }

    @Test("No value is passed over: null in its place is a problem there", arguments: validNames)
    func nulls(name: String) throws {
        let value = try JSONDocument.load(file: Self.folder + name)
        for (mutant, pointer) in value.mutants(with: .null) {
            let problems = Self.problems(of: mutant)
            #expect(problems.contains { $0.pointer == pointer.description }, "nothing is wrong at \(pointer)")
        }
    }

    @Test("Problems of all files come at once, and ids are unique over them")
    func severalFiles() {
        let texts = [
            (name: "b.json", text: #"{"version": 1, "rules": [{"id": "x", "effect": "allow"}]}"#),
            (name: "a.json", text: #"{"version": 1, "rules": [{"id": "x", "effect": "deny"}], "groups": {"g": []}}"#),
            (name: "c.json", text: #"{"version": 1, "rules": [], "groups": {"g": []}}"#),
            (name: "d.json", text: "{"),
        ]
        let error = #expect(throws: ConfigurationProblems.self) { try PolicySet.read(texts, sources: Self.sources) }
        #expect(error?.list.map { "\($0.file)\($0.pointer)" } == ["d.json", "b.json/rules/0/id", "c.json/groups/g"])
    }

    @Test("A bare name belongs to the only source of identities")
    func bareNames() throws {
        let text = #"{"version": 1, "rules": [{"id": "x", "effect": "allow", "who": {"subject": ["alice", "svc-*"]}}]}"#
        for (source, expected) in [
            (IdentitySources.Source(.basic), ["basic:alice", "basic:svc-*"]),
            (IdentitySources.Source(.jwt, name: "corp"), ["jwt:corp:alice", "jwt:corp:svc-*"]),
        ] {
            let set = try PolicySet.read([("x.json", text)], sources: IdentitySources([source]))
            #expect(set.rules.first?.who.subjects?.map(\.text) == expected)
        }
    }

    static func problems(of value: JSONValue) -> [ConfigurationProblem] {
        do {
            _ = try PolicySet.read([("x.json", value.text)], sources: sources)
            return []
        } catch {
            return error.list
        }
    }
}

extension JSONValue {
    /// The value with another one in place of each of its parts in turn, and where that is.
    fileprivate func mutants(with other: JSONValue, at pointer: JSONPointer = .root) -> [(JSONValue, JSONPointer)] {
        switch self {
        case .array(let elements):
            return elements.indices.flatMap { index -> [(JSONValue, JSONPointer)] in
                let place = pointer.appending(index)
                let inner = elements[index].mutants(with: other, at: place) + [(other, place)]
                return inner.map { part, place in
                    var elements = elements
                    elements[index] = part
                    return (.array(elements), place)
                }
            }
        case .object(let members):
            return members.indices.flatMap { index -> [(JSONValue, JSONPointer)] in
                let place = pointer.appending(members[index].name)
                let inner = members[index].value.mutants(with: other, at: place) + [(other, place)]
                return inner.map { part, place in
                    var members = members
                    members[index] = Member(members[index].name, part)
                    return (.object(members), place)
                }
            }
        case .null, .boolean, .integer, .real, .string: return []
        }
    }
}
