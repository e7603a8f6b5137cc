package import JetwayCore
package import StrictJSON

/// The rules and groups of one file.
package struct PolicyFile: Sendable {
    package var name: String
    package var groups: [PolicyGroup] = []
    package var rules: [PolicyRule] = []

    package init(name: String, groups: [PolicyGroup] = [], rules: [PolicyRule] = []) {
        self.name = name
        self.groups = groups
        self.rules = rules
    }

    /// What could be read of a file's value; what is wrong goes to the cursor's problems.
    package static func read(_ cursor: JSONCursor, sources: IdentitySources) -> Self {
        var file = Self(name: cursor.problems.file)
        _ = cursor.object { object in
            for key in ["$schema", "$comment", "description"] { _ = object.optional(key) { $0.string() } }
            _ = object.required("version", hint: "write \"version\": 1") { cursor in
                if let version = cursor.integer(in: 1...1) { version } else { nil }
            }
            file.groups =
                object.optional("groups") { cursor in
                    cursor.members { PolicyGroup.read($1, name: $0, sources: sources) }
                } ?? []
            file.rules =
                object.required("rules") { cursor in
                    cursor.array { PolicyRule.read($0, sources: sources) }
                } ?? []
        }
        return file
    }
}

/// All rules and groups that count together.
package struct PolicySet: Sendable {
    /// In the order of the files' names, and within a file in its order.
    package private(set) var rules: [PolicyRule]
    package private(set) var groups: [PolicyGroup]

    package init(_ files: [PolicyFile]) {
        let files = files.sorted { Array($0.name.utf8).lexicographicallyPrecedes(Array($1.name.utf8)) }
        rules = files.flatMap(\.rules)
        groups = files.flatMap(\.groups)
    }

    /// Reads files.
    package static func load(files: [String], sources: IdentitySources) throws(ConfigurationProblems) -> Self {
        try collect(files, sources: sources) { (file: String) throws(ConfigurationProblem) in
            (file, try JSONDocument.load(file: file))
        }
    }

    /// Reads texts, each with the name of its file.
    package static func read(_ texts: [(name: String, text: String)], sources: IdentitySources)
        throws(ConfigurationProblems) -> Self
    {
        try collect(texts, sources: sources) { (file) throws(ConfigurationProblem) in
            (file.name, try JSONDocument.read(file.text, file: file.name))
        }
    }

    private static func collect<T>(
        _ files: [T], sources: IdentitySources, _ body: (T) throws(ConfigurationProblem) -> (String, JSONValue)
    ) throws(ConfigurationProblems) -> Self {
        var problems: [ConfigurationProblem] = []
        var read: [PolicyFile] = []
        for file in files {
            do throws(ConfigurationProblem) {
                let (name, value) = try body(file)
                let found = JSONProblems(file: name)
                read.append(PolicyFile.read(JSONCursor(value, problems: found), sources: sources))
                problems += found.list
            } catch {
                problems.append(error)
            }
        }
        let set = Self(read)
        // What could not be read may be what seems to be missing: only what is there twice is told then.
        problems += set.problems(complete: problems.isEmpty)
        guard problems.isEmpty else { throw ConfigurationProblems(problems) }
        return set
    }
}
