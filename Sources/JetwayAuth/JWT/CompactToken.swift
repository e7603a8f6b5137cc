internal import FlightProtocol

/// Why a token is refused, in words for the log: the caller is told nothing of it.
package struct JWTProblem: Error, Sendable, Hashable, CustomStringConvertible {
    package let reason: String

    package var description: String { reason }

    package init(_ reason: String) {
        self.reason = reason
    }
}

/// A JWT in its compact form (RFC 7515 section 7.1), taken apart; nothing in it is verified.
struct CompactToken: Sendable {
    let header: JSONMembers
    let payload: JSONMembers
    /// What the signature is over: the first two parts and the dot between them, as they came.
    let signingInput: [UInt8]
    let signature: [UInt8]

    /// - Throws: `JWTProblem` for anything but three parts in strict base64url, the first two of them JSON objects
    ///   without a name that comes twice (RFC 8725 section 2.4: another reader might take the other one).
    init(_ token: String, maxBytes: Int) throws(JWTProblem) {
        let text = Array(token.utf8)
        guard text.count <= maxBytes else { throw JWTProblem("the token is larger than \(maxBytes) bytes") }
        let parts = text.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw JWTProblem("the token does not have three parts") }
        guard let signature = Base64.url.decode(parts[2]), !signature.isEmpty else {
            throw JWTProblem("the signature is empty or not base64url")
        }
        header = try Self.members(parts[0], of: "header")
        payload = try Self.members(parts[1], of: "payload")
        signingInput = Array(text[..<parts[1].endIndex])
        self.signature = signature
    }

    /// Whether a text can be a token, without a look inside.
    static func hasThreeParts(_ token: String) -> Bool {
        let dot = UInt8(ascii: ".")
        // Contiguous bytes are counted many at a time: every bearer token of every kind comes by here.
        let dots =
            token.utf8.withContiguousStorageIfAvailable { bytes in bytes.count { $0 == dot } }
            ?? token.utf8.count { $0 == dot }
        return dots == 2
    }

    private static func members(_ part: ArraySlice<UInt8>, of name: String) throws(JWTProblem) -> JSONMembers {
        guard let json = Base64.url.decode(part) else { throw JWTProblem("the \(name) is not base64url") }
        return try JSONMembers(json, of: "the \(name)")
    }
}
