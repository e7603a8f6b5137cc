/// A password's hash as a password file holds it, checked so far that it can be computed with bounded memory and time.
package struct PasswordHash: Sendable, Hashable {
    /// Ways to hash. All are slow on purpose.
    package enum Scheme: String, Sendable, CaseIterable {
        case argon2id
        case bcrypt
        case yescrypt
        case sha512
        case sha256
    }

    /// Bytes that a password may have.
    package static let longestPassword = 1024
    /// What a hash may take: memory in KiB, and work in the unit of `work`.
    static let mostMemory = 256 << 10
    static let mostWork = 3_000_000

    package let text: String
    package let scheme: Scheme
    /// About how many microseconds it takes to compute: which of several hashes is the most costly.
    let work: Int

    // MARK: Reading

    /// Reads a hash as it stands in a file. A problem never repeats it.
    package init(parsing text: String) throws(PasswordHashProblem) {
        let read = try Self.scheme(of: text)
        guard read.work <= Self.mostWork else { throw .tooCostly }
        guard read.scheme == .argon2id || CryptHash.isComputable(text) else {
            throw .unsupported("the C library cannot compute")
        }
        self.text = text
        scheme = read.scheme
        work = read.work
    }

    private static func scheme(of text: String) throws(PasswordHashProblem) -> (scheme: Scheme, work: Int) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 3, parts[0].isEmpty else { throw unsupported(text) }
        switch parts[1] {
        case "argon2id": return (.argon2id, try Argon2Hash.work(parts))
        case "2a", "2b", "2y": return (.bcrypt, try CryptHash.bcryptWork(parts))
        case "y": return (.yescrypt, try CryptHash.yescryptWork(parts))
        case "6": return (.sha512, try CryptHash.shaWork(parts, digits: 86))
        case "5": return (.sha256, try CryptHash.shaWork(parts, digits: 43))
        default: throw unsupported(text)
        }
    }

    private static func unsupported(_ text: String) -> PasswordHashProblem {
        let known = [
            ("$apr1$", "MD5 ($apr1$)"), ("$1$", "MD5 ($1$)"), ("{SHA}", "SHA-1 without a salt ({SHA})"),
            ("{SSHA}", "SHA-1 ({SSHA})"), ("$argon2i$", "argon2i"), ("$argon2d$", "argon2d"),
        ]
        if let kind = known.first(where: { text.hasPrefix($0.0) })?.1 { return .unsupported("\(kind)") }
        return .unsupported("DES or no hash at all")
    }

    // MARK: Computing

    /// Whether the password has this hash. Takes as long as the hash asks for, in the calling thread; compares in
    /// constant time. Never so for a password with a NUL or of more than 1,024 bytes.
    package func matches(_ password: String) -> Bool {
        guard Self.isHashable(password) else { return false }
        return scheme == .argon2id ? Argon2Hash.matches(password, text) : CryptHash.matches(password, text)
    }

    /// Hashes a password with a new salt, at what is recommended today. Takes some 50 ms.
    package static func make(
        _ password: String, scheme: Scheme = .argon2id
    ) throws(PasswordHashProblem) -> PasswordHash {
        guard !password.isEmpty else { throw .password("is empty") }
        guard isHashable(password) else { throw .password("has a NUL or more than \(longestPassword) bytes") }
        let text = scheme == .argon2id ? Argon2Hash.make(password) : try CryptHash.make(password, scheme: scheme)
        guard let text else { throw .unsupported("this machine cannot compute") }
        return try PasswordHash(parsing: text)
    }

    private static func isHashable(_ password: String) -> Bool {
        password.utf8.count <= longestPassword && !password.utf8.contains(0)
    }
}

/// Why there is no hash.
package enum PasswordHashProblem: Error, Sendable, Hashable {
    /// What it is, or why not.
    case unsupported(String)
    /// It is of a known kind, and not as that kind is written.
    case malformed(PasswordHash.Scheme)
    /// It would take too much memory or time to verify.
    case tooCostly
    /// What is wrong with the password that shall be hashed.
    case password(String)

    package var text: String {
        switch self {
        case .unsupported(let kind): "has a hash of a kind that is not supported: \(kind)"
        case .malformed(let scheme): "has a \(scheme.rawValue) hash that is damaged"
        case .tooCostly: "has a hash that takes more than 256 MiB or about 3 s to verify"
        case .password(let problem): "the password \(problem)"
        }
    }
}
