package import JetwayCore

/// Collects what is wrong with a file while it is read.
package final class JSONProblems {
    package let file: String
    package private(set) var list: [ConfigurationProblem] = []

    package init(file: String) {
        self.file = file
    }

    package func add(_ pointer: JSONPointer, _ problem: String, hint: String? = nil, isWarning: Bool = false) {
        list.append(
            ConfigurationProblem(
                file: file, pointer: pointer.description, problem, hint: hint, isWarning: isWarning))
    }

    package func add(_ problem: ConfigurationProblem) {
        list.append(problem)
    }

    /// Whether something is wrong at a place or inside it: then what was read there is not all that is written there.
    package func contains(within pointer: JSONPointer) -> Bool {
        let place = pointer.description
        return list.contains { $0.pointer == place || $0.pointer.hasPrefix(place + "/") }
    }
}

/// Why a text is not what is wanted, in words for its author.
package struct JSONMismatch: Error, Sendable, Hashable {
    package let problem: String
    package let hint: String?

    package init(_ problem: String, hint: String? = nil) {
        self.problem = problem
        self.hint = hint
    }
}
