internal import JetwayCore
internal import JetwayHTTP2
internal import NIOHPACK
internal import Synchronization

/// Names one rewriting of header lists for as long as the process lives, so that no list that was kept from an earlier one
/// (with other credentials, say) is ever taken for its own.
struct RewriteKey {
    private static let next = Atomic<UInt64>(1)

    let value = Self.next.wrappingAdd(1, ordering: .relaxed).oldValue
}

/// What happens to a request's header fields on the way to an upstream: the one table of it.
///
/// Connection-specific fields never get this far: a message that has one is malformed (RFC 9113 section 8.2.2).
/// Everything that is not named here is forwarded as it came: duplicates, their order, and how the sender had it indexed.
final class RequestHeaderRules {
    private let authority: String
    private let scheme: String
    private let dropped: FieldNames
    private let added: HPACKHeaders
    private let key = RewriteKey()

    /// - Parameters:
    ///   - authority: what the upstream gets as `:authority`.
    ///   - usesTLS: whether it is reached by TLS, for `:scheme`.
    ///   - dropped: fields that end here.
    ///   - added: fields that every call gets: the credentials that the upstream wants.
    init(authority: String, usesTLS: Bool, dropped: FieldNames = FieldNames([]), added: HPACKHeaders = [:]) {
        self.authority = authority
        self.scheme = usesTLS ? "https" : "http"
        self.dropped = dropped
        self.added = added
    }

    /// The list to send, the same object for the same list.
    func rewrite(_ head: HeaderList) -> HeaderList {
        if let known = head.rewritten, known.key == key.value { return known.list }
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
                guard !dropped.contains(name) else { continue }
                fields.add(name: name, value: value, indexing: indexing)
            }
        }
        if !hasAuthority { fields = Self.inserting(authority: authority, into: fields) }
        for (name, value, indexing) in added { fields.add(name: name, value: value, indexing: indexing) }
        fields.add(name: "te", value: "trailers")
        let list = HeaderList(fields)
        head.rewritten = (key.value, list)
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

/// What happens to a response's header fields on the way to the client, in its head and in its trailers.
final class ResponseHeaderRules {
    private let dropped: FieldNames
    private let key = RewriteKey()

    /// - Parameter dropped: fields that end here: what an upstream says to the gateway about credentials.
    init(dropped: FieldNames = FieldNames([])) {
        self.dropped = dropped
    }

    /// The list to send, the same object for the same list. Beside what is dropped only `content-length` goes: the framing's
    /// matter.
    func rewrite(_ list: HeaderList) -> HeaderList {
        if let known = list.rewritten, known.key == key.value { return known.list }
        let goes: (String) -> Bool = { [dropped] in $0 == "content-length" || dropped.contains($0) }
        guard list.fields.contains(where: { goes($0.name) }) else { return list }
        var fields = HPACKHeaders()
        fields.reserveCapacity(list.count)
        for (name, value, indexing) in list.fields where !goes(name) {
            fields.add(name: name, value: value, indexing: indexing)
        }
        let rewritten = HeaderList(fields)
        list.rewritten = (key.value, rewritten)
        return rewritten
    }
}
