internal import CCrypt

/// bcrypt, yescrypt and the SHA-2 hashes of crypt(5) through libcrypt.
enum CryptHash {
    /// libcrypt takes no longer ones.
    private static let longestPassword = 511
    /// bcrypt leaves out what comes after.
    private static let longestForBcrypt = 72
    private static let digits = Array("./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    static func isDigit(_ byte: UInt8) -> Bool { digits.contains(byte) }

    // MARK: Checking, with about how many microseconds a hash takes

    /// `$2y$COST$` and 53 digits of salt and hash.
    static func bcryptWork(_ parts: [String]) throws(PasswordHashProblem) -> Int {
        guard parts.count == 4, parts[2].utf8.count == 2, let cost = Int(parts[2]), (4...31).contains(cost),
            parts[3].utf8.count == 53, parts[3].utf8.allSatisfy(isDigit)
        else { throw .malformed(.bcrypt) }
        guard cost <= 16 else { throw .tooCostly }
        return 50 << cost
    }

    /// `$6$SALT$HASH`, or `$6$rounds=N$SALT$HASH`.
    static func shaWork(_ parts: [String], digits count: Int) throws(PasswordHashProblem) -> Int {
        let scheme = count == 86 ? PasswordHash.Scheme.sha512 : .sha256
        var rounds = 5000
        if parts.count == 5 {
            let number = parts[2].dropFirst("rounds=".count)
            guard parts[2].hasPrefix("rounds="), number.utf8.count <= 9, let written = Int(number), written >= 1000
            else { throw .malformed(scheme) }
            rounds = written
        }
        guard (4...5).contains(parts.count), let hash = parts.last, hash.utf8.count == count,
            hash.utf8.allSatisfy(isDigit), (1...16).contains(parts[parts.count - 2].utf8.count)
        else { throw .malformed(scheme) }
        return rounds / 4
    }

    /// `$y$PARAMETERS$SALT$HASH`. Of the parameters (flavour, log2 N, r and rarer ones) only those that everybody writes.
    static func yescryptWork(_ parts: [String]) throws(PasswordHashProblem) -> Int {
        let parameters = parts.count == 5 ? parts[2].utf8.compactMap { digits.firstIndex(of: $0) } : []
        guard parameters.count == 3, parts[2].utf8.count == 3, parts[2].hasPrefix("j"),
            parts[3].utf8.count <= 86, parts[3].utf8.allSatisfy(isDigit),
            parts[4].utf8.count == 43, parts[4].utf8.allSatisfy(isDigit)
        else { throw .malformed(.yescrypt) }
        let logN = parameters[1] + 1
        let blocks = parameters[2] + 1
        // A block is 128 bytes.
        guard logN <= 21, (128 * blocks) << logN <= PasswordHash.mostMemory << 10 else { throw .tooCostly }
        return max(1, (blocks << logN) / 8)
    }

    /// Whether this libcrypt knows the hash's method.
    static func isComputable(_ text: String) -> Bool {
        let verdict = crypt_checksalt(text)
        return verdict != CRYPT_SALT_INVALID && verdict != CRYPT_SALT_METHOD_DISABLED
    }

    // MARK: Computing

    static func matches(_ password: String, _ hash: String) -> Bool {
        guard let computed = compute(password, setting: hash) else { return false }
        return SecretBytes.areEqual(computed, hash.utf8)
    }

    static func make(_ password: String, scheme: PasswordHash.Scheme) throws(PasswordHashProblem) -> String? {
        if scheme == .bcrypt, password.utf8.count > longestForBcrypt {
            throw .password("has more than the \(longestForBcrypt) bytes that bcrypt hashes")
        }
        guard password.utf8.count <= longestPassword else {
            throw .password("has more than the \(longestPassword) bytes that this scheme takes")
        }
        // Costs that come to about as much as the argon2id of today; 0 is libcrypt's own choice.
        let (prefix, cost): (String, UInt) =
            switch scheme {
            case .bcrypt: ("$2y$", 11)
            case .yescrypt: ("$y$", 0)
            case .sha512: ("$6$", 100_000)
            case .sha256: ("$5$", 100_000)
            case .argon2id: ("", 0)
            }
        let salt = SecretBytes.random(16).map { CChar(bitPattern: $0) }
        var setting = [CChar](repeating: 0, count: Int(CRYPT_GENSALT_OUTPUT_SIZE))
        let made = crypt_gensalt_rn(prefix, cost, salt, Int32(salt.count), &setting, Int32(setting.count))
        guard !prefix.isEmpty, made != nil else { return nil }
        let text = setting.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return compute(password, setting: String(decoding: text, as: UTF8.self)).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    private static func compute(_ password: String, setting: String) -> [UInt8]? {
        guard password.utf8.count <= longestPassword else { return nil }
        // 32 KiB: too much for the stack of a thread that may be anybody's.
        let data = UnsafeMutablePointer<crypt_data>.allocate(capacity: 1)
        let bytes = UnsafeMutableRawBufferPointer(start: data, count: MemoryLayout<crypt_data>.size)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        defer {
            // What was derived from the password does not stay in freed memory; libcrypt itself erases the rest.
            for index in bytes.indices { bytes[index] = 0 }
            data.deallocate()
        }
        guard let output = crypt_r(password, setting, data) else { return nil }
        let text = String(cString: output)
        // A failure is told as a text that is no hash.
        return text.hasPrefix("*") ? nil : Array(text.utf8)
    }
}
