internal import JetwayCore

/// Files of one entry a line.
enum TextLines {
    static let longestLine = 4 << 10

    /// Why a line is not what it should be.
    struct Mismatch: Error {
        let problem: String
        let hint: String?

        init(_ problem: String, hint: String? = nil) {
            self.problem = problem
            self.hint = hint
        }
    }

    /// Hands over each line, without white space at its ends, with its number from 1; not those that are empty or comments.
    ///
    /// - Returns: what is wrong, line by line. No text of the file is in it.
    static func forEach(
        in bytes: [UInt8], file: String, _ body: (Substring, Int) throws(Mismatch) -> Void
    ) -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            do throws(Mismatch) {
                guard line.count <= longestLine else { throw Mismatch("is longer than \(longestLine) bytes") }
                guard let text = String(validating: line, as: UTF8.self) else { throw Mismatch("is not UTF-8") }
                let trimmed = trim(text[...])
                if !trimmed.isEmpty, !trimmed.hasPrefix("#") { try body(trimmed, index + 1) }
            } catch {
                problems.append(ConfigurationProblem(file: file, line: index + 1, error.problem, hint: error.hint))
            }
        }
        return problems
    }

    private static func trim(_ text: Substring) -> Substring {
        func isSpace(_ character: Character) -> Bool { character == " " || character == "\t" || character == "\r" }
        var text = text.drop(while: isSpace)
        while let last = text.last, isSpace(last) { text.removeLast() }
        return text
    }
}
