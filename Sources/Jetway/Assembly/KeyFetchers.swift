internal import JetwayAuth
internal import Synchronization

/// What fetches keys of issuers: one for each set of certificates that is trusted, kept as long as the gateway runs.
final class KeyFetchers: Sendable {
    private let made = Mutex<[String?: DocumentFetcher]>([:])

    /// - Parameter authority: a PEM file of certificates to trust instead of the system's. It is read when it is first asked for.
    func fetcher(trusting authority: String?) throws -> any DocumentFetching {
        try made.withLock { made in
            if let known = made[authority] { return known }
            let fetcher = try DocumentFetcher(authority: authority)
            made[authority] = fetcher
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
