import JetwayCore
import Testing

@testable import JetwayAuth

@Suite struct VerdictCacheTests {
    private static let now = UnixTime(seconds: 1000)

    private func entry(expires: Int64 = 2000, generation: UInt64 = 1) -> VerdictCache.Entry {
        VerdictCache.Entry(
            principal: Principal(name: "alice", method: .jwt), expires: UnixTime(seconds: expires),
            generation: generation)
    }

    @Test("A verdict is found until its token expires, and with its own keys alone")
    func limits() {
        let (cache, digest) = (VerdictCache(), TokenDigest("a"))
        cache.insert(entry(), for: digest)
        #expect(cache.find(digest, generation: 1, now: UnixTime(seconds: 1999)) != nil)
        #expect(cache.find(TokenDigest("b"), generation: 1, now: Self.now) == nil)
        #expect(cache.find(digest, generation: 1, now: UnixTime(seconds: 2000)) == nil)
        #expect(cache.count == 0)
        cache.insert(entry(), for: digest)
        #expect(cache.find(digest, generation: 2, now: Self.now) == nil)
        #expect(cache.count == 0)
    }

    @Test("However many tokens there are, the cache holds no more than it may, and keeps what is used")
    func bounded() {
        let (cache, used) = (VerdictCache(capacity: 1024), TokenDigest("used"))
        cache.insert(entry(), for: used)
        for index in 0..<20_000 {
            cache.insert(entry(), for: TokenDigest("token \(index)"))
            if index % 16 == 0 { #expect(cache.find(used, generation: 1, now: Self.now) != nil) }
        }
        #expect(cache.count <= 1024)
        #expect(cache.count >= 512)
        #expect(cache.find(TokenDigest("token 0"), generation: 1, now: Self.now) == nil)
    }
}
