/// The full name of the message that a `google.protobuf.Any` carries.
package struct AnyTypeName: Sendable, Hashable, CustomStringConvertible {
    /// The part of the type URL behind its last slash, such as `arrow.flight.protocol.sql.CommandStatementQuery`.
    package let description: String

    /// The name in `typeURL`; nil if the URL has no slash or ends with one. What stands before the slash does not
    /// matter (any.proto, `type_url`).
    package init?(typeURL: String) {
        guard let slash = typeURL.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        let name = typeURL[typeURL.utf8.index(after: slash)...]
        guard !name.isEmpty else { return nil }
        description = String(name)
    }
}
