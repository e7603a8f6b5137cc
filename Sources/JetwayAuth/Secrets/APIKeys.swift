internal import Crypto
internal import FlightProtocol
package import JetwayCore

/// What an API key turned out to be. The reason is for the log alone.
package enum APIKeyVerdict: Sendable {
    /// - `expires`: when the key ends; nil: it does not.
    case valid(Principal, expires: UnixTime?)
    case invalid(reason: String)
}

/// The keys of programs, as a file of their hashes tells them: `jak_ID_SECRET`, with 32 random bytes in base64url.
///
/// A hash without salt and cost is enough for them: nobody guesses 256 bits.
package struct APIKeys: Sendable {
    /// Not `jwk_`, which would look like a JSON Web Key.
    package static let prefix = "jak_"
    static let longestID = 64
    private static let secretDigits = 43

    /// One key as the file has it.
    package struct Entry: Sendable, Hashable {
        package var id: String
        /// SHA-256 of the key's whole text.
        package var digest: [UInt8]
        package var principal: Principal
        package var subject: String
        package var expires: UnixTime?
        package var isDisabled = false
    }

    package private(set) var entries: [Entry]
    private var places: [String: Int] = [:]
    /// What unknown ids are compared with, so that it takes as long.
    private static let decoy = [UInt8](repeating: 0, count: SHA256.byteCount)

    /// - Parameter entries: with ids that are all different.
    package init(_ entries: [Entry] = []) {
        self.entries = entries
        for (place, entry) in entries.enumerated() { places[entry.id] = place }
    }

    /// Whether the text is meant to be an API key; it may be no good still.
    package func recognises(_ text: some StringProtocol) -> Bool {
        text.utf8.starts(with: Self.prefix.utf8)
    }

    /// Whether there is a key with the text's id; ids are no secret.
    package func knows(_ text: String) -> Bool {
        Self.id(of: text).map { places[$0] != nil } ?? false
    }

    package func verify(_ text: String, now: UnixTime) -> APIKeyVerdict {
        guard let id = Self.id(of: text) else { return .invalid(reason: "not written as an API key") }
        let entry = places[id].map { entries[$0] }
        let isRight = SecretBytes.areEqual(Self.digest(of: text), entry?.digest ?? Self.decoy)
        guard let entry else { return .invalid(reason: "an unknown API key") }
        guard isRight else { return .invalid(reason: "a wrong secret of API key \(entry.id)") }
        guard !entry.isDisabled else { return .invalid(reason: "API key \(entry.id) is disabled") }
        if let end = entry.expires, now >= end { return .invalid(reason: "API key \(entry.id) has expired") }
        return .valid(entry.principal, expires: entry.expires)
    }

    /// The id within a key's text: what stands before the secret, whose length is known. Ids may have underscores too.
    private static func id(of text: String) -> String? {
        let bytes = text.utf8
        guard bytes.count <= prefix.utf8.count + longestID + 1 + secretDigits, bytes.starts(with: prefix.utf8),
            let secret = bytes.index(bytes.endIndex, offsetBy: -secretDigits, limitedBy: bytes.startIndex)
        else { return nil }
        let rest = bytes[..<secret].dropFirst(prefix.utf8.count)
        guard rest.last == UInt8(ascii: "_"), rest.count > 1, bytes.allSatisfy(KeyRing.isIDByte) else { return nil }
        return String(rest.dropLast())
    }

    static func digest(of text: String) -> [UInt8] {
        Array(SHA256.hash(data: Array(text.utf8)))
    }

    // MARK: Making

    /// A new key: its text, which is nowhere else, and the keys with its hash.
    ///
    /// - Returns: nil if there is a key with the id, or it cannot be one.
    package func adding(
        id: String, subject: String, groups: [String], tenant: String?, expires: UnixTime?
    ) -> (text: String, keys: APIKeys)? {
        guard places[id] == nil, Self.isID(id), !subject.isEmpty else { return nil }
        let text = "\(Self.prefix)\(id)_\(Base64.url.encode(SecretBytes.random(32)))"
        let principal = Principal(name: subject, method: .apiKey, groups: groups, tenant: tenant)
        let entry = Entry(
            id: id, digest: Self.digest(of: text), principal: principal, subject: subject, expires: expires)
        return (text, APIKeys(entries + [entry]))
    }

    static func isID(_ text: String) -> Bool {
        (1...longestID).contains(text.utf8.count) && text.utf8.allSatisfy(KeyRing.isIDByte)
    }
}
