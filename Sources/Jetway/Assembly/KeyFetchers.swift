internal import Crypto
internal import Foundation
internal import JetwayAuth
internal import Synchronization

/// What fetches keys of issuers: one for each set of certificates that is trusted, kept as long as the gateway runs.
final class KeyFetchers: Sendable {
    private let made = Mutex<[Data?: DocumentFetcher]>([:])

    /// - Parameter authority: a PEM file of certificates to trust instead of the system's; a new content is another one.
    func fetcher(trusting authority: String?) throws -> any DocumentFetching {
        let content = authority.map { FileManager.default.contents(atPath: $0) ?? Data() }
        let key = content.map { Data(SHA256.hash(data: $0)) }
        return try made.withLock { made in
            if let known = made[key] { return known }
            let fetcher = try DocumentFetcher(authority: authority)
            made[key] = fetcher
            return fetcher
        }
    }

    func shutdown() async {
        let all = made.withLock { made in
            defer { made = [:] }
            return Array(made.values)
        }
        for fetcher in all { await fetcher.shutdown() }
    }
}
