internal import JetwayCore

/// What was found out about a credential, for later calls that show the same on the same connection.
final class KeptVerdict {
    let login: AcceptedLogin
    let token: String?
    private let authenticator: Authenticator
    private let end: UnixTime

    /// - Parameter token: the field that gives the caller a token back; nil: there is none.
    init(_ login: AcceptedLogin, token: String?, by authenticator: Authenticator, at now: UnixTime) {
        self.login = login
        self.token = token
        self.authenticator = authenticator
        let end = now + login.reusable
        self.end = login.expires.map { min($0, end) } ?? end
    }

    /// It holds under the configuration that it was found under, until what was shown runs out.
    func holds(for authenticator: Authenticator, at now: UnixTime) -> Bool {
        self.authenticator === authenticator && now < end && login.stillHolds?() ?? true
    }
}

/// The verdicts of one connection by what was shown, for calls whose other header fields differ from call to call: deadlines,
/// trace contexts.
///
/// Few credentials share a connection; a proxy in front may bring more, and then the oldest goes.
final class ConnectionVerdicts {
    private static let capacity = 8

    private var kept: [(shown: [String], verdict: KeptVerdict)] = []
    private var oldest = 0

    /// The connection's, made when it is first asked for.
    static func of(_ peer: Peer) -> ConnectionVerdicts {
        if let known = peer.memo as? ConnectionVerdicts { return known }
        let verdicts = ConnectionVerdicts()
        peer.memo = verdicts
        return verdicts
    }

    func verdict(for shown: [String]) -> KeptVerdict? {
        kept.first { $0.shown == shown }?.verdict
    }

    func keep(_ verdict: KeptVerdict, for shown: [String]) {
        if let index = kept.firstIndex(where: { $0.shown == shown }) {
            kept[index].verdict = verdict
        } else if kept.count < Self.capacity {
            kept.append((shown, verdict))
        } else {
            kept[oldest] = (shown, verdict)
            oldest = (oldest + 1) % Self.capacity
        }
    }
}
