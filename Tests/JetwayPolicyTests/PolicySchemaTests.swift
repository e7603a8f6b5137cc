import Foundation
import JetwayCore
import StrictJSON
import Testing

@testable import JetwayPolicy

/// The schema knows the keys that the decoder knows. That it takes and refuses the golden files is tried in Python.
@Suite struct PolicySchemaTests {
    // A name that is no slip of any other, so that the decoder lists the names that it knows.
    private static let unknown = "zzzzzzzzzzzz"

    @Test("In every object of a valid file", arguments: GoldenPolicyTests.validNames)
    func keys(name: String) throws {
        let schema = try JSONDocument.load(file: PolicyCaseTests.policies + "policy.schema.json")
        let value = try JSONDocument.load(file: GoldenPolicyTests.folder + name)
        var expected: [String: Set<String>] = [:]
        let mutant = Self.extend(value, by: schema, root: schema, at: .root, &expected)
        var found: [String: Set<String>] = [:]
        for problem in GoldenPolicyTests.problems(of: mutant) where problem.problem == "unknown key" {
            let known = problem.hint.map { $0.dropFirst("known here: ".count) } ?? ""
            found[problem.pointer] = Set(known.split(separator: ", ").map(String.init))
        }
        #expect(found == expected)
    }

    /// The value with an unknown key in each object with known ones, and the keys that the schema knows at its place.
    private static func extend(
        _ value: JSONValue, by schema: JSONValue, root: JSONValue, at pointer: JSONPointer,
        _ known: inout [String: Set<String>]
    ) -> JSONValue {
        let schema = resolve(schema, for: value, root)
        switch value {
        case .array(let elements):
            let items = schema["items"] ?? .null
            return .array(
                elements.enumerated().map { extend($1, by: items, root: root, at: pointer.appending($0), &known) })
        case .object(let members):
            let properties = schema["properties"]
            var extended = members.map { member in
                let inner = properties?[member.name] ?? schema["additionalProperties"] ?? .null
                let place = pointer.appending(member.name)
                return JSONValue.Member(member.name, extend(member.value, by: inner, root: root, at: place, &known))
            }
            if let properties {
                known[pointer.appending(unknown).description] = Set(properties.members.map(\.name))
                extended.append(.init(unknown, .integer(1)))
            }
            return .object(extended)
        case .null, .boolean, .integer, .real, .string: return value
        }
    }

    /// The part of the schema that speaks of a value: references followed, and of alternatives the one that it is meant
    /// to be.
    private static func resolve(_ schema: JSONValue, for value: JSONValue, _ root: JSONValue) -> JSONValue {
        if case .string(let reference)? = schema["$ref"] {
            let name = String(reference.dropFirst("#/$defs/".count))
            return resolve(root["$defs"]?[name] ?? .null, for: value, root)
        }
        guard case .array(let parts)? = schema["oneOf"] else { return schema }
        let names = Set(value.members.map(\.name))
        return parts.first { part in
            let required = if case .array(let required)? = part["required"] { required } else { [JSONValue]() }
            return part["type"] == .string("object")
                && required.allSatisfy { if case .string(let name) = $0 { names.contains(name) } else { false } }
        } ?? .null
    }
}

extension JSONValue {
    fileprivate var members: [Member] {
        if case .object(let members) = self { members } else { [] }
    }

    fileprivate subscript(name: String) -> JSONValue? { members.first { $0.name == name }?.value }
}
