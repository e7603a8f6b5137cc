internal import CArgon2

/// argon2id (RFC 9106) through libargon2, as `$argon2id$v=19$m=…,t=…,p=…$salt$hash`.
enum Argon2Hash {
    /// What OWASP recommends: memory in KiB, passes, lanes.
    private static let memory: UInt32 = 19_456
    private static let passes: UInt32 = 2
    private static let lanes: UInt32 = 1
    private static let mostPasses = 10
    private static let mostLanes = 8

    /// Checks a hash split at its dollar signs; about how many microseconds it takes.
    static func work(_ parts: [String]) throws(PasswordHashProblem) -> Int {
        guard parts.count == 6, parts[2] == "v=19" else { throw .malformed(.argon2id) }
        let costs = parts[3].split(separator: ",", omittingEmptySubsequences: false)
        guard costs.count == 3, let memory = cost(costs[0], "m="), let passes = cost(costs[1], "t="),
            let lanes = cost(costs[2], "p="), memory >= 8 * lanes, passes >= 1, lanes >= 1,
            isBase64(parts[4], digits: 11...86), isBase64(parts[5], digits: 16...86)
        else { throw .malformed(.argon2id) }
        guard memory <= PasswordHash.mostMemory, passes <= mostPasses, lanes <= mostLanes else { throw .tooCostly }
        return memory * passes * 7 / 10
    }

    private static func cost(_ text: Substring, _ name: String) -> Int? {
        let digits = text.dropFirst(name.count)
        guard text.hasPrefix(name), digits.utf8.count <= 9, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int(digits)
    }

    private static func isBase64(_ text: String, digits: ClosedRange<Int>) -> Bool {
        digits.contains(text.utf8.count)
            && text.utf8.allSatisfy { CryptHash.isDigit($0) || $0 == UInt8(ascii: "+") }
    }

    static func matches(_ password: String, _ encoded: String) -> Bool {
        // libargon2 compares in constant time.
        password.utf8.withContiguousStorage { argon2id_verify(encoded, $0.baseAddress, $0.count) } == ARGON2_OK.rawValue
    }

    static func make(_ password: String) -> String? {
        let salt = SecretBytes.random(16)
        let digestCount = 32
        let size = argon2_encodedlen(passes, memory, lanes, UInt32(salt.count), UInt32(digestCount), Argon2_id)
        var encoded = [CChar](repeating: 0, count: size)
        let code = password.utf8.withContiguousStorage {
            argon2id_hash_encoded(
                passes, memory, lanes, $0.baseAddress, $0.count, salt, salt.count, digestCount, &encoded, size)
        }
        guard code == ARGON2_OK.rawValue else { return nil }
        return String(decoding: encoded.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension String.UTF8View {
    /// The bytes in one piece, also of a string that does not keep them so.
    fileprivate func withContiguousStorage<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        Array(self).withUnsafeBufferPointer(body)
    }
}
