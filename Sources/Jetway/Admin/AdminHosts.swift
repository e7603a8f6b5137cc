/// The names under which the admin listener may be asked.
///
/// Where only this machine can reach it, a page in a browser on this machine must not: the page's own name can be made to resolve to
/// 127.0.0.1 (DNS rebinding), and then only the `Host` field tells the two apart. On other addresses names are not the gateway's
/// to know.
struct AdminHosts: Sendable {
    /// nil: any.
    private let names: Set<String>?

    /// - Parameter host: as it is configured.
    init(listeningOn host: String) {
        names = IPAddress.isLoopback(host) ? ["localhost", host.lowercased()] : nil
    }

    /// - Parameter authority: the `Host` field (RFC 9110 section 7.2); the port does not matter, as it may be forwarded.
    func allow(_ authority: String?) -> Bool {
        guard let names else { return true }
        guard let authority, let host = Self.host(of: authority) else { return false }
        // An address is no name that somebody could have made to resolve to it.
        return names.contains(host.lowercased()) || IPAddress.isLoopback(host)
    }

    /// The host of `HOST`, `HOST:PORT`, `[IPv6]` or `[IPv6]:PORT`.
    private static func host(of authority: String) -> String? {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            let rest = authority[authority.index(after: end)...]
            guard rest.isEmpty || isPort(rest) else { return nil }
            return String(authority[authority.index(after: authority.startIndex)..<end])
        }
        guard let colon = authority.firstIndex(of: ":") else { return authority }
        return isPort(authority[colon...]) ? String(authority[..<colon]) : nil
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.first == ":" && text.dropFirst().utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    }
}
