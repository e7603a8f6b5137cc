internal import JetwayHTTP2
internal import NIOHPACK

/// What happens to a request's header fields on the way to an upstream: the one table of it.
///
/// Connection-specific fields never get this far: a message that has one is malformed (RFC 9113 section 8.2.2).
/// Everything that is not named here is forwarded as it came: duplicates, their order, and how the sender had it indexed.
final class RequestHeaderRules {
    private let authority: String
    private let scheme: String

    /// - Parameters:
    ///   - authority: what the upstream gets as `:authority`.
    ///   - usesTLS: whether it is reached by TLS, for `:scheme`.
    init(authority: String, usesTLS: Bool) {
        self.authority = authority
        self.scheme = usesTLS ? "https" : "http"
    }

    /// The list to send, the same object for the same list.
    func rewrite(_ head: HeaderList) -> HeaderList {
        if let known = head.rewritten, known.key == ObjectIdentifier(self) { return known.list }
        var fields = HPACKHeaders()
        fields.reserveCapacity(head.count)
        var hasAuthority = false
        for (name, value, indexing) in head.fields {
            switch name {
            case ":authority":
                hasAuthority = true
                fields.add(name: name, value: authority, indexing: .indexable)
            case ":scheme":
                fields.add(name: name, value: scheme, indexing: .indexable)
            // `host` repeats :authority; the length is the framing's matter; the deadline is written anew for each call;
            // `te` and `expect` are between two neighbours.
            case "host", "content-length", "grpc-timeout", "te", "expect":
                continue
            default:
                fields.add(name: name, value: value, indexing: indexing)
            }
        }
        if !hasAuthority { fields = Self.inserting(authority: authority, into: fields) }
        fields.add(name: "te", value: "trailers")
        let list = HeaderList(fields)
        head.rewritten = (ObjectIdentifier(self), list)
        return list
    }

    /// Pseudo-header fields stand first (RFC 9113 section 8.3).
    private static func inserting(authority: String, into fields: HPACKHeaders) -> HPACKHeaders {
        var result = HPACKHeaders()
        result.add(name: ":authority", value: authority)
        for (name, value, indexing) in fields { result.add(name: name, value: value, indexing: indexing) }
        return result
    }
}

/// What happens to a response's header fields on the way to the client. Trailers are forwarded untouched.
enum ResponseHeaderRules {
    private final class Key: Sendable {}
    private static let key = Key()

    /// The list to send, the same object for the same list. All that goes is `content-length`: the framing's matter.
    static func rewrite(_ head: HeaderList) -> HeaderList {
        guard head.contentLength != nil || head.fields.contains(name: "content-length") else { return head }
        if let known = head.rewritten, known.key == ObjectIdentifier(key) { return known.list }
        var fields = HPACKHeaders()
        fields.reserveCapacity(head.count)
        for (name, value, indexing) in head.fields where name != "content-length" {
            fields.add(name: name, value: value, indexing: indexing)
        }
        let list = HeaderList(fields)
        head.rewritten = (ObjectIdentifier(key), list)
        return list
    }
}
