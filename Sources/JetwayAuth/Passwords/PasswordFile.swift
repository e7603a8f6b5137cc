package import JetwayCore

/// The users and their hashes of an htpasswd file, as it was when it was read.
package struct PasswordFile: Sendable {
    package static let longestUser = 256

    /// By the bytes of the name: two that Unicode calls equivalent are two names, as they are to every upstream.
    private let hashes: [[UInt8]: PasswordHash]
    /// What is computed for names that are not there: the most costly hash of the file, so that the time that an answer
    /// takes tells nothing.
    let decoy: PasswordHash?

    private init(_ hashes: [[UInt8]: PasswordHash]) {
        self.hashes = hashes
        decoy = hashes.values.max { ($0.work, $0.text) < ($1.work, $1.text) }
    }

    package var count: Int { hashes.count }

    package func hash(of user: String) -> PasswordHash? { hashes[Array(user.utf8)] }

    // MARK: Reading

    /// Reads a file with `user:hash` on each line; `#` begins a line that is a comment.
    package static func load(file: String) throws(ConfigurationProblems) -> PasswordFile {
        try SecretFile.parsing(file, isSecret: false) { bytes throws(ConfigurationProblems) in
            try read(bytes, file: file)
        }
    }

    /// Reads the text of a file.
    package static func read(_ bytes: [UInt8], file: String) throws(ConfigurationProblems) -> PasswordFile {
        var hashes: [[UInt8]: PasswordHash] = [:]
        var lines: [[UInt8]: Int] = [:]
        let problems = TextLines.forEach(in: bytes, file: file) { line, number throws(TextLines.Mismatch) in
            let (user, hash) = try entry(line)
            if let first = lines[user] { throw TextLines.Mismatch("names a user again that line \(first) names") }
            hashes[user] = hash
            lines[user] = number
        }
        guard problems.isEmpty else { throw ConfigurationProblems(problems) }
        return PasswordFile(hashes)
    }

    private static func entry(_ line: Substring) throws(TextLines.Mismatch) -> (user: [UInt8], hash: PasswordHash) {
        guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else {
            throw TextLines.Mismatch("is not user:hash")
        }
        let user = String(line[..<colon])
        if let problem = problem(inUser: user) { throw TextLines.Mismatch(problem) }
        do {
            return (Array(user.utf8), try PasswordHash(parsing: String(line[line.utf8.index(after: colon)...])))
        } catch {
            throw TextLines.Mismatch(error.text, hint: "make a new one: jetway password USER --file FILE")
        }
    }

    /// What is wrong with a user's name; nil if nothing is.
    package static func problem(inUser user: String) -> String? {
        guard !user.isEmpty else { return "has no user's name" }
        guard user.utf8.count <= longestUser else { return "has a user's name of more than \(longestUser) bytes" }
        guard !user.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f || $0 == UInt8(ascii: ":") }) else {
            return "has a colon or control characters in the user's name"
        }
        return nil
    }

    // MARK: Changing

    /// The text of a file with the user's line replaced, or added at the end; further lines of the user go. All other lines
    /// stay as they are.
    package static func setting(_ user: String, to hash: PasswordHash, in bytes: [UInt8]) -> [UInt8] {
        let line = Array("\(user):\(hash.text)".utf8)
        let start = Array("\(user):".utf8)
        var isSet = false
        var lines: [[UInt8]] = []
        for old in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            guard old.starts(with: start) else {
                lines.append(Array(old))
                continue
            }
            if !isSet { lines.append(line) }
            isSet = true
        }
        if lines.last == [] { lines.removeLast() }
        if !isSet { lines.append(line) }
        return Array(lines.joined(separator: [UInt8(ascii: "\n")])) + [UInt8(ascii: "\n")]
    }
}
