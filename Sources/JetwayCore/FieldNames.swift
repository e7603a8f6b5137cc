/// A set of header field names that are compared in normal form: lower case, and `_` is `-`.
///
/// Servers behind CGI or WSGI cannot tell `x_user` from `x-user`, so that a client could slip in an identity of its own under
/// another spelling.
package struct FieldNames: Sendable, Hashable {
    private let names: Set<String>

    package init(_ names: some Sequence<String>) {
        self.names = Set(names.map(Self.normalForm))
    }

    package var isEmpty: Bool { names.isEmpty }

    package func contains(_ name: String) -> Bool {
        guard !names.isEmpty else { return false }
        return names.contains(Self.isNormal(name) ? name : Self.normalForm(name))
    }

    package func union(_ other: FieldNames) -> FieldNames {
        FieldNames(names.union(other.names))
    }

    /// In an order that is always the same.
    package var sorted: [String] { names.sorted() }

    private static func isNormal(_ name: String) -> Bool {
        name.utf8.allSatisfy { $0 != UInt8(ascii: "_") && !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
    }

    private static func normalForm(_ name: String) -> String {
        String(
            decoding: name.utf8.map { byte in
                switch byte {
                case UInt8(ascii: "_"): UInt8(ascii: "-")
                case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
                default: byte
                }
            }, as: UTF8.self)
    }
}
