/// One thing that is wrong with a configuration, for its author.
///
/// Problems are collected and shown all at once.
package struct ConfigurationProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file, as it was named.
    package var file: String
    /// Where in it: a JSON pointer (RFC 6901) such as `/listeners/0/tls`; empty for the whole file, or for one that is not JSON.
    package var pointer: String
    /// Where the text is known: line and column, from 1.
    package var line: Int?
    package var column: Int?
    /// What is wrong.
    package var problem: String
    /// What to do about it.
    package var hint: String?
    /// Whether the configuration works all the same.
    package var isWarning: Bool

    package init(
        file: String, pointer: String = "", line: Int? = nil, column: Int? = nil, _ problem: String,
        hint: String? = nil, isWarning: Bool = false
    ) {
        self.file = file
        self.pointer = pointer
        self.line = line
        self.column = column
        self.problem = problem
        self.hint = hint
        self.isWarning = isWarning
    }

    /// `FILE:LINE:COLUMN: POINTER: PROBLEM (HINT)`, without the parts that are not known.
    package var description: String {
        var text = file
        if let line { text += ":\(line)" }
        if line != nil, let column { text += ":\(column)" }
        if !pointer.isEmpty { text += ": \(pointer)" }
        text += isWarning ? ": warning: \(problem)" : ": \(problem)"
        if let hint { text += " (\(hint))" }
        return text
    }
}

/// All that is wrong with a configuration.
package struct ConfigurationProblems: Error, Sendable, CustomStringConvertible {
    package var list: [ConfigurationProblem]

    package init(_ list: [ConfigurationProblem]) {
        self.list = list
    }

    /// A line each.
    package var description: String { list.map(\.description).joined(separator: "\n") }
}
