package import NIOHPACK

/// A decoded header list, as an object: a header block that repeats from call to call decodes to the *same* object, so
/// that whatever is derived from it is computed once.
///
/// Confined to one event loop.
package final class HeaderList {
    package let fields: HPACKHeaders
    /// Bytes as RFC 9113 section 6.5.2 counts them: each name and value and 32 for each field.
    package let listSize: Int
    /// How many fields there are.
    package let count: Int

    /// A slot for the owner's parsed form of this list.
    package var annotation: AnyObject?
    /// A slot for a rewriting of this list, and the number of what rewrote it.
    package var rewritten: (key: UInt64, list: HeaderList)?

    /// What `content-length` promises; computed once.
    package private(set) lazy var contentLength: Int? = JetwayHTTP2.contentLength(in: self.fields)
    /// Whether it is the head of an interim response (1xx); computed once.
    package private(set) lazy var isInformational = self.fields.first(name: ":status")?.utf8.first == UInt8(ascii: "1")

    private var verdict: (kind: HeaderKind, flaw: HeaderFlaw?)?

    package convenience init(_ fields: HPACKHeaders) {
        var size = 0
        for field in fields {
            size += field.name.utf8.count + field.value.utf8.count + 32
        }
        self.init(fields, listSize: size)
    }

    init(_ fields: HPACKHeaders, listSize: Int) {
        self.fields = fields
        self.listSize = listSize
        self.count = fields.count
    }

    /// Why the list is malformed as a list of that kind, or nil; computed once.
    package func flaw(as kind: HeaderKind) -> HeaderFlaw? {
        if let verdict = self.verdict, verdict.kind == kind { return verdict.flaw }
        let flaw = JetwayHTTP2.flaw(in: self.fields, as: kind)
        self.verdict = (kind, flaw)
        return flaw
    }
}

@available(*, unavailable)
extension HeaderList: Sendable {}
