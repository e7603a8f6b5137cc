package import JetwayCore

/// Tokens that are good no more, though they open and have not expired.
package struct Revocations: Sendable {
    private var ids: Set<[UInt8]> = []
    /// Of a subject all tokens of logins before that time.
    private var subjects: [String: UnixTime] = [:]

    package init() {}

    package var count: Int { ids.count + subjects.count }

    func include(_ token: VerifiedToken) -> Bool {
        guard count > 0 else { return false }
        if ids.contains(token.idBytes) { return true }
        guard let end = subjects[token.principal.subject] else { return false }
        return token.loggedIn < end
    }

    // MARK: Reading

    /// Reads a file: on each line the id of a token (24 hexadecimal digits), or `subject:basic:alice before:TIME` with the
    /// time by RFC 3339 or in seconds since 1970; `#` begins a line that is a comment.
    package static func load(file: String) throws(ConfigurationProblems) -> Revocations {
        try SecretFile.parsing(file, isSecret: false) { bytes throws(ConfigurationProblems) in
            try read(bytes, file: file)
        }
    }

    /// Reads the text of a file.
    package static func read(_ bytes: [UInt8], file: String) throws(ConfigurationProblems) -> Revocations {
        var revocations = Revocations()
        let problems = TextLines.forEach(in: bytes, file: file) { line, _ throws(TextLines.Mismatch) in
            try revocations.add(line)
        }
        guard problems.isEmpty else { throw ConfigurationProblems(problems) }
        return revocations
    }

    private mutating func add(_ line: Substring) throws(TextLines.Mismatch) {
        guard line.hasPrefix("subject:") else {
            guard let id = SecretBytes.decodeHex(line), id.count == TokenPayload.idCount else {
                throw TextLines.Mismatch(
                    "is neither a token's id nor subject:… before:…", hint: "jetway token --inspect shows the id")
            }
            ids.insert(id)
            return
        }
        // At the last space: a subject may hold some.
        guard let space = line.lastIndex(of: " ") else {
            throw TextLines.Mismatch("needs before:TIME after the subject")
        }
        let last = line[line.index(after: space)...]
        guard last.hasPrefix("before:") else { throw TextLines.Mismatch("needs before:TIME after the subject") }
        let subject = String(line[..<space].dropFirst("subject:".count))
        let text = String(last.dropFirst("before:".count))
        guard let end = UnixTime(rfc3339: text) ?? Int64(text).map({ UnixTime(seconds: $0) }) else {
            throw TextLines.Mismatch(
                "has a time that cannot be read", hint: "2026-12-31T23:59:59Z, or seconds since 1970")
        }
        guard subject.contains(":") else {
            throw TextLines.Mismatch("names a subject without its method", hint: "subject:basic:\(subject)")
        }
        subjects[subject] = max(subjects[subject] ?? end, end)
    }
}
