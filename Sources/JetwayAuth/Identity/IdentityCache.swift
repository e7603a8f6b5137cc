package import JetwayCore

/// One loop's signed identities, so that a caller's next call to an upstream costs no signature.
///
/// Confined to its loop. A token is used again for half of its life: what an upstream gets is good for 30 s at least.
package final class IdentityCache {
    private struct Key: Hashable {
        let principal: Principal
        let audience: String

        /// The subject tells callers apart well enough; all that the token says of them is compared.
        func hash(into hasher: inout Hasher) {
            hasher.combine(principal.subject)
            hasher.combine(audience)
        }
    }

    private struct Entry {
        let token: String
        let signed: UnixTime
    }

    private let signer: IdentitySigner
    private let capacity: Int
    private var entries: [Key: Entry] = [:]

    package init(signer: IdentitySigner, capacity: Int = 1024) {
        self.signer = signer
        self.capacity = max(1, capacity)
    }

    package var count: Int { entries.count }

    package func token(_ principal: Principal, audience: String, now: UnixTime) throws -> String {
        let key = Key(principal: principal, audience: audience)
        if let entry = entries[key], Self.isYoung(entry, now) { return entry.token }
        let token = try signer.sign(principal, audience: audience, now: now)
        if entries.count >= capacity, entries[key] == nil { makeRoom(now) }
        entries[key] = Entry(token: token, signed: now)
        return token
    }

    /// Old ones go first; if all are young, all go: they would have been signed anew within half a minute anyway.
    private func makeRoom(_ now: UnixTime) {
        entries = entries.filter { Self.isYoung($1, now) }
        if entries.count > capacity / 2 { entries.removeAll(keepingCapacity: true) }
    }

    private static func isYoung(_ entry: Entry, _ now: UnixTime) -> Bool {
        (0..<IdentitySigner.lifetime / 2).contains(now - entry.signed)
    }
}

@available(*, unavailable)
extension IdentityCache: Sendable {}
