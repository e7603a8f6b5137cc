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
/// Bad tokens are not remembered: who sends them can make as many different ones as they like, so that remembering saves
/// nothing against them and would only push out the good ones.
final class VerdictCache: Sendable {
    struct Entry {
        let principal: Principal
        let expires: UnixTime
        let generation: UInt64
    }

    /// Two maps in turns: what is found in the old one moves to the young one; when that is half of the capacity, it becomes
    /// the old one. So what is used stays, in constant time and bounded memory.
    private struct Shard {
        var young: [TokenDigest: Entry] = [:]
        var old: [TokenDigest: Entry] = [:]

        mutating func insert(_ entry: Entry, _ digest: TokenDigest, half: Int) {
            if young.count >= half, young[digest] == nil { (old, young) = (young, [:]) }
            young[digest] = entry
        }

        mutating func find(_ digest: TokenDigest, half: Int) -> Entry? {
            if let entry = young[digest] { return entry }
            guard let entry = old.removeValue(forKey: digest) else { return nil }
            insert(entry, digest, half: half)
            return entry
        }

        mutating func remove(_ digest: TokenDigest) {
            young.removeValue(forKey: digest)
            old.removeValue(forKey: digest)
        }
    }

    /// A lock of its own each, so that loops seldom meet.
    private final class LockedShard: Sendable {
        let shard = Mutex(Shard())
    }

    private static let shardCount: UInt64 = 16
    private let shards: [LockedShard]
    private let half: Int

    init(capacity: Int = 8192) {
        shards = (0..<Self.shardCount).map { _ in LockedShard() }
        half = max(1, capacity / Int(Self.shardCount) / 2)
    }

    /// Nil for what is not there, has expired, or rests on other keys.
    func find(_ digest: TokenDigest, generation: UInt64, now: UnixTime) -> Entry? {
        locked(digest).shard.withLock { shard in
            guard let entry = shard.find(digest, half: half) else { return nil }
            guard entry.generation == generation, now < entry.expires else {
                shard.remove(digest)
                return nil
            }
            return entry
        }
    }

    func insert(_ entry: Entry, for digest: TokenDigest) {
        locked(digest).shard.withLock { $0.insert(entry, digest, half: half) }
    }

    /// For tests.
    var count: Int {
        shards.reduce(0) { sum, shard in sum + shard.shard.withLock { $0.young.count + $0.old.count } }
    }

    private func locked(_ digest: TokenDigest) -> LockedShard {
        shards[Int(digest.shard % Self.shardCount)]
    }
}
