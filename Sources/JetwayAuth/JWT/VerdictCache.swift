internal import Crypto
internal import JetwayCore
internal import Synchronization

/// What a token is remembered by: its SHA-256. Never the token.
package struct TokenDigest: Sendable, Hashable {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    package init(_ token: String) {
        var hash = SHA256()
        var token = token
        token.withUTF8 { hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        words = hash.finalize().withUnsafeBytes { bytes in
            func word(_ index: Int) -> UInt64 { bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self) }
            return (word(0), word(1), word(2), word(3))
        }
    }

    package static func == (left: TokenDigest, right: TokenDigest) -> Bool { left.words == right.words }

    /// One word is as good as all: nobody finds tokens that agree in it, and the others decide.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
    }

    var shard: UInt64 { words.1 }
}

/// Verdicts on tokens that were good, for as long as they and the keys are.
///
/// Bad tokens are not remembered: who sends them can make as many different ones as they like, so that remembering
/// saves nothing against them and would only push out the good ones.
final class VerdictCache: Sendable {
    struct Entry {
        let principal: Principal
        let expires: UnixTime
        let generation: UInt64
    }

    /// A lock of its own each, so that loops seldom meet.
    private final class Shard: Sendable {
        let entries: Mutex<TwoGenerations<TokenDigest, Entry>>

        init(capacity: Int) {
            entries = Mutex(TwoGenerations(capacity: capacity))
        }
    }

    private static let shardCount: UInt64 = 16
    private let shards: [Shard]

    init(capacity: Int = 8192) {
        shards = (0..<Self.shardCount).map { _ in Shard(capacity: capacity / Int(Self.shardCount)) }
    }

    /// Nil for what is not there, has expired, or rests on other keys.
    func find(_ digest: TokenDigest, generation: UInt64, now: UnixTime) -> Entry? {
        shard(digest).entries.withLock { entries in
            guard let entry = entries.value(of: digest) else { return nil }
            guard entry.generation == generation, now < entry.expires else {
                entries.remove(digest)
                return nil
            }
            return entry
        }
    }

    func insert(_ entry: Entry, for digest: TokenDigest) {
        shard(digest).entries.withLock { $0.set(entry, for: digest) }
    }

    /// For tests.
    var count: Int { shards.reduce(0) { $0 + $1.entries.withLock { $0.count } } }

    private func shard(_ digest: TokenDigest) -> Shard {
        shards[Int(digest.shard % Self.shardCount)]
    }
}
