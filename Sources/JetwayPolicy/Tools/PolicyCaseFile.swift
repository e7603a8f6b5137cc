package import JetwayCore
internal import StrictJSON

/// Cases of one file, with the rules that they are about.
///
/// ```json
/// { "version": 1, "sources": ["basic"], "policies": ["../examples/analysts.json"],
///   "cases": [ { "name": "an analyst reads", "as": "basic:alice", "rpc": "DoGet", "ticket": "sales/1",
///                "expect": "allow", "rule": "analysts-read-sales" } ] }
/// ```
package struct PolicyCaseFile {
    package var name: String
    package var snapshot: PolicySnapshot
    package var cases: [PolicyCase]

    /// Reads a file and the rules that it names, relative to itself.
    package static func load(file: String) throws(ConfigurationProblems) -> Self {
        let value: JSONValue
        do throws(ConfigurationProblem) {
            value = try JSONDocument.load(file: file)
        } catch {
            throw ConfigurationProblems([error])
        }
        let problems = JSONProblems(file: file)
        var sources = IdentitySources([])
        var policies: [String] = []
        var cases: [PolicyCase] = []
        _ = JSONCursor(value, problems: problems).object { object in
            for key in ["$schema", "$comment", "description"] { _ = object.optional(key) { $0.string() } }
            _ = object.required("version") { $0.integer(in: 1...1) }
            sources.list = object.optional("sources") { $0.distinct(source) } ?? []
            policies = object.required("policies") { $0.distinct { $0.name() } } ?? []
            cases =
                object.required("cases") { list in
                    list.filledArray { PolicyCase.read($0, sources: sources) }
                } ?? []
        }
        guard problems.list.isEmpty else { throw ConfigurationProblems(problems.list) }
        let folder = file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let files = policies.map { $0.hasPrefix("/") || folder.isEmpty ? $0 : "\(folder)/\($0)" }
        return Self(
            name: file, snapshot: try PolicySnapshot.compile(files: files, sources: sources), cases: cases)
    }

    /// Each case that turned out otherwise, and how.
    package func differences() -> [ConfigurationProblem] {
        cases.compactMap { test in
            test.difference(from: snapshot).map {
                ConfigurationProblem(file: name, pointer: test.pointer.description, "\(test.name): \($0)")
            }
        }
    }

    /// A method, with a name behind a colon where there are several sources of it.
    private static func source(_ cursor: JSONCursor) -> IdentitySources.Source? {
        cursor.parse { text throws(JSONMismatch) in
            let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
            guard let method = Principal.Method(rawValue: parts.first ?? "") else {
                throw JSONMismatch.unknown(text, known: Principal.Method.allCases.map(\.rawValue))
            }
            return IdentitySources.Source(method, name: parts.dropFirst().first)
        }
    }
}
