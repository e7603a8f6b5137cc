package import NIOHPACK

/// What a header list is, which decides what it must and must not have.
package enum HeaderKind: Sendable, CaseIterable {
    case request
    case response
    case requestTrailers
    case responseTrailers
}

/// Why a header list is malformed (RFC 9113 section 8.1.1): its stream ends with PROTOCOL_ERROR, and nothing of it is
/// forwarded or repaired.
package struct HeaderFlaw: Error, Equatable, Sendable {
    /// Constant text without anything that the peer sent.
    package let reason: String

    init(_ reason: StaticString) {
        self.reason = "\(reason)"
    }
}

/// Checks a list against RFC 9113 sections 8.1 to 8.3 and 8.5.
///
/// - Returns: the first flaw found, or nil for a list that may be used.
package func flaw(in fields: HPACKHeaders, as kind: HeaderKind) -> HeaderFlaw? {
    var check = HeaderCheck(kind: kind)
    do {
        for field in fields {
            try check.field(field.name, field.value)
        }
        try check.end()
        return nil
    } catch {
        return error
    }
}

/// The length that a list declares for its body, in bytes; nil if it declares none, or none that is valid.
package func contentLength(in fields: HPACKHeaders) -> Int? {
    var length: Int?
    for field in fields where field.name == "content-length" {
        guard length == nil, let value = HeaderText.contentLength(field.value) else { return nil }
        length = value
    }
    return length
}

/// What was seen of a list so far.
private struct HeaderCheck {
    let kind: HeaderKind
    var hasSeenRegular = false
    var method: String?
    var scheme: String?
    var authority: String?
    var path: String?
    var status: String?
    var host: String?
    var hasContentLength = false

    init(kind: HeaderKind) {
        self.kind = kind
    }

    mutating func field(_ name: String, _ value: String) throws(HeaderFlaw) {
        guard HeaderText.isValidValue(value) else { throw HeaderFlaw("a field value with bytes that are not allowed") }
        if name.utf8.first == UInt8(ascii: ":") {
            guard !self.hasSeenRegular else { throw HeaderFlaw("a pseudo-header field after a regular one") }
            try self.pseudo(name, value)
        } else {
            self.hasSeenRegular = true
            guard HeaderText.isLowercaseToken(name) else {
                throw HeaderFlaw("a field name that is not a lower-case token")
            }
            try self.regular(name, value)
        }
    }

    private mutating func pseudo(_ name: String, _ value: String) throws(HeaderFlaw) {
        switch (self.kind, name) {
        case (.request, ":method"):
            try Self.once(&self.method, value)
            guard HeaderText.isToken(value) else { throw HeaderFlaw(":method is not a token") }
        case (.request, ":scheme"):
            try Self.once(&self.scheme, value)
            guard HeaderText.isScheme(value) else { throw HeaderFlaw(":scheme is not a scheme") }
        case (.request, ":authority"):
            try Self.once(&self.authority, value)
            guard HeaderText.isAuthority(value) else { throw HeaderFlaw(":authority is not host and port") }
        case (.request, ":path"):
            try Self.once(&self.path, value)
            guard HeaderText.isPath(value) else { throw HeaderFlaw(":path is not a path") }
        case (.response, ":status"):
            try Self.once(&self.status, value)
            guard HeaderText.isStatus(value) else { throw HeaderFlaw(":status is not a status that HTTP/2 has") }
        case (.requestTrailers, _), (.responseTrailers, _):
            throw HeaderFlaw("a pseudo-header field in trailers")
        default:
            throw HeaderFlaw("a pseudo-header field that is not known")
        }
    }

    private static func once(_ slot: inout String?, _ value: String) throws(HeaderFlaw) {
        guard slot == nil else { throw HeaderFlaw("a pseudo-header field twice") }
        slot = value
    }

    private mutating func regular(_ name: String, _ value: String) throws(HeaderFlaw) {
        switch name {
        case "connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade":
            throw HeaderFlaw("a connection-specific field")
        case "te":
            guard self.kind == .request, value == "trailers" else { throw HeaderFlaw("te other than \"trailers\"") }
        case "host":
            guard self.kind == .request || self.kind == .response else { throw HeaderFlaw("host in trailers") }
            guard self.host == nil else { throw HeaderFlaw("host twice") }
            guard self.kind == .response || HeaderText.isAuthority(value) else {
                throw HeaderFlaw("host is not host and port")
            }
            self.host = value
        case "content-length":
            guard self.kind == .request || self.kind == .response else {
                throw HeaderFlaw("content-length in trailers")
            }
            guard !self.hasContentLength else { throw HeaderFlaw("content-length twice") }
            guard HeaderText.contentLength(value) != nil else { throw HeaderFlaw("content-length is not a number") }
            self.hasContentLength = true
        default:
            if name.utf8.count > 4, name.hasSuffix("-bin"), !HeaderText.isBase64List(value) {
                throw HeaderFlaw("a binary field that is not base64")
            }
        }
    }

    /// What must be there once all fields are seen.
    func end() throws(HeaderFlaw) {
        switch self.kind {
        case .request: try self.endOfRequest()
        case .response:
            guard self.status != nil else { throw HeaderFlaw("no :status") }
        case .requestTrailers, .responseTrailers: break
        }
    }

    private func endOfRequest() throws(HeaderFlaw) {
        guard let method = self.method else { throw HeaderFlaw("no :method") }
        if let authority = self.authority, let host = self.host, !HeaderText.sameAuthority(authority, host) {
            throw HeaderFlaw("host differs from :authority")
        }
        if method == "CONNECT" {
            // RFC 9113 section 8.5.
            guard self.scheme == nil, self.path == nil else { throw HeaderFlaw("CONNECT with :scheme or :path") }
            guard self.authority != nil else { throw HeaderFlaw("CONNECT without :authority") }
            return
        }
        guard let scheme = self.scheme else { throw HeaderFlaw("no :scheme") }
        guard let path = self.path else { throw HeaderFlaw("no :path") }
        guard path != "*" || method == "OPTIONS" else { throw HeaderFlaw(":path is not a path") }
        if scheme == "http" || scheme == "https" {
            guard self.authority != nil || self.host != nil else { throw HeaderFlaw("no :authority") }
        }
    }
}
