import Foundation
import JetwayCore
import StrictJSON
import Testing

@testable import Jetway

/// The files beside this one: what is valid, and what is not with its problems.
@Suite struct GoldenConfigurationTests {
    private static let folder = String(#filePath.dropLast(#fileID.split(separator: "/").last?.count ?? 0))

    static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
        .filter { $0.hasSuffix(".json") }.sorted()

    @Test("There are files to read")
    func files() {
        #expect(Self.names.count { $0.hasPrefix("valid.") } >= 15)
        #expect(Self.names.count { $0.hasPrefix("invalid.") } >= 60)
    }

    @Test("A valid file has no problems", arguments: names.filter { $0.hasPrefix("valid.") })
    func valid(name: String) throws {
        _ = try GatewayConfiguration.load(file: Self.folder + name)
    }

    @Test(
        "What is effective is a valid file that says the same", arguments: names.filter { $0.hasPrefix("valid.") })
    func effective(name: String) throws {
        let configuration = try GatewayConfiguration.load(file: Self.folder + name)
        let again = try GatewayConfiguration.read(configuration.effective, file: Self.folder + name)
        #expect(again.effective == configuration.effective)
        #expect(again.listeners == configuration.listeners)
        #expect(again.authentication == configuration.authentication)
        #expect(again.upstreams == configuration.upstreams)
        #expect(again.routes == configuration.routes)
    }

    @Test("An invalid file has the problems beside it, and no others", arguments: names.filter { $0.hasPrefix("inv") })
    func invalid(name: String) throws {
        let expected = try String(
            contentsOfFile: Self.folder + name.replacing(".json", with: ".expected"), encoding: .utf8)
        var rest = GatewayConfiguration.examine(file: Self.folder + name).problems
            .map { "\($0.pointer): \($0.problem)" }
        for line in expected.split(separator: "\n") {
            let index = rest.firstIndex { $0.hasPrefix(line) }
            #expect(index != nil, "no problem begins with \(line); there are \(rest)")
            if let index { rest.remove(at: index) }
        }
        #expect(rest.isEmpty)
    }

    @Test(
        "No value is passed over: null in its place is a problem there",
        arguments: names.filter { $0.hasPrefix("valid.") })
    func nulls(name: String) throws {
        let value = try JSONDocument.load(file: Self.folder + name)
        for (mutant, pointer) in Self.mutants(of: value, at: .root) {
            let problems = GatewayConfiguration.examine(mutant.text, file: name).problems
            #expect(problems.contains { $0.pointer == pointer.description }, "nothing is wrong at \(pointer)")
        }
    }

    /// The value with null in place of each of its parts in turn, and where that is.
    private static func mutants(of value: JSONValue, at pointer: JSONPointer) -> [(JSONValue, JSONPointer)] {
        var found: [(JSONValue, JSONPointer)] = []
        func add(_ part: JSONValue, at place: JSONPointer, with change: (JSONValue) -> JSONValue) {
            found.append((change(.null), place))
            found += mutants(of: part, at: place).map { (change($0), $1) }
        }
        switch value {
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                add(element, at: pointer.appending(index)) { part in
                    var elements = elements
                    elements[index] = part
                    return .array(elements)
                }
            }
        case .object(let members):
            for (index, member) in members.enumerated() {
                add(member.value, at: pointer.appending(member.name)) { part in
                    var members = members
                    members[index] = JSONValue.Member(member.name, part)
                    return .object(members)
                }
            }
        case .null, .boolean, .integer, .real, .string: break
        }
        return found
    }
}
