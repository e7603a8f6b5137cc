internal import Crypto
package import JetwayCore

/// The keys that envelopes are sealed with. All of a ring open; one of them signs.
///
/// The secrets themselves seal nothing: for each purpose a key is derived from them (HKDF, RFC 5869), once per ring.
package struct KeyRing: Sendable {
    package static let mostKeys = 16
    package static let longestID = 16
    private static let secretCount = 32

    /// What a key does beside opening.
    package enum Use: String, Sendable, CaseIterable {
        case sign
        case open
    }

    package struct Key: Sendable {
        package let id: String
        package let created: UnixTime
        package let use: Use
        let secret: [UInt8]
        let idBytes: [UInt8]
        private let derived: [SymmetricKey]

        init(id: String, secret: [UInt8], created: UnixTime, use: Use) {
            self.id = id
            self.secret = secret
            self.created = created
            self.use = use
            idBytes = Array(id.utf8)
            derived = EnvelopePurpose.allCases.map {
                Self.derive(secret, info: "jetway envelope 1 \($0.rawValue)")
            }
        }

        func key(for purpose: EnvelopePurpose) -> SymmetricKey { derived[Int(purpose.rawValue) - 1] }

        func with(use: Use) -> Key { Key(id: id, secret: secret, created: created, use: use) }

        static func derive(_ secret: [UInt8], info: String) -> SymmetricKey {
            HKDF<SHA256>.deriveKey(
                inputKeyMaterial: SymmetricKey(data: secret), info: Array(info.utf8), outputByteCount: 32)
        }
    }

    package let keys: [Key]
    let signing: Key
    /// Tells rings apart, and nothing about their secrets: it changes whenever a key comes, goes or changes.
    package let fingerprint: String

    /// - Returns: nil unless exactly one of the keys signs.
    init?(_ keys: [Key]) {
        let signing = keys.filter { $0.use == .sign }
        guard signing.count == 1, let key = signing.first else { return nil }
        self.init(signing: key, keys)
    }

    private init(signing: Key, _ keys: [Key]) {
        self.keys = keys
        self.signing = signing
        var hash = SHA256()
        for key in keys {
            hash.update(data: [UInt8(truncatingIfNeeded: key.idBytes.count), key.use == .sign ? 1 : 0] + key.idBytes)
            Key.derive(key.secret, info: "jetway fingerprint 1").withUnsafeBytes { hash.update(bufferPointer: $0) }
        }
        fingerprint = SecretBytes.hex(hash.finalize().prefix(8))
    }

    /// A ring that lives as long as the process: what it sealed opens neither on another replica nor after a restart.
    package static func ephemeral() -> KeyRing {
        // A name of its own, so that what another process sealed is unknown, not forged.
        let id = "e-" + SecretBytes.hex(SecretBytes.random(6))
        let key = Key(id: id, secret: SecretBytes.random(secretCount), created: .now(), use: .sign)
        return KeyRing(signing: key, [key])
    }

    // At most 16: a dictionary would not be faster.
    func key(withID id: ArraySlice<UInt8>) -> Key? {
        keys.first { $0.idBytes.elementsEqual(id) }
    }

    // MARK: Making and rotating

    /// A ring with one new key.
    package static func make(now: UnixTime) -> KeyRing {
        let key = newKey(number: 1, now: now, use: .sign)
        return KeyRing(signing: key, [key])
    }

    /// The ring with another key that opens only. Once all replicas have it, `rotated` lets it sign: until then none of
    /// them gets anything that it cannot open.
    package func prepared(now: UnixTime) -> KeyRing {
        KeyRing(signing: signing, keys + [Self.newKey(number: nextNumber, now: now, use: .open)])
    }

    /// The ring in which the prepared key signs, or a new one if none is prepared.
    ///
    /// - Parameter oldest: keys that were made before go; those that sign and that signed until now stay.
    package func rotated(now: UnixTime, droppingOlderThan oldest: UnixTime? = nil) -> KeyRing {
        let next = preparedKey?.with(use: .sign) ?? Self.newKey(number: nextNumber, now: now, use: .sign)
        let others = keys.filter { $0.id != next.id }.filter { key in
            guard let oldest else { return true }
            return key.id == signing.id || key.created >= oldest
        }
        return KeyRing(signing: next, others.map { $0.with(use: .open) } + [next])
    }

    /// The last key, if it came after the one that signs.
    private var preparedKey: Key? {
        guard let last = keys.last, last.id != signing.id, last.created >= signing.created else { return nil }
        return last
    }

    /// One above all that are there, so that a name is never used again while what it sealed may be around.
    private var nextNumber: Int {
        let numbers = keys.compactMap { $0.id.hasPrefix("k") ? Int($0.id.dropFirst()) : nil }
        return (numbers.filter { $0 < 1_000_000 }.max() ?? 0) + 1
    }

    private static func newKey(number: Int, now: UnixTime, use: Use) -> Key {
        Key(id: "k\(number)", secret: SecretBytes.random(secretCount), created: now, use: use)
    }
}
