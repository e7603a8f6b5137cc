internal import StrictJSON

/// A text in a rule: the very same bytes, or with `*` at its end every text that begins with what is before it.
///
/// Texts are compared byte by byte: two that only look alike are two.
package struct TextPattern: Sendable, Hashable {
    package let bytes: [UInt8]
    package let isPrefix: Bool

    package init(parsing text: String) {
        isPrefix = text.hasSuffix("*")
        bytes = Array(isPrefix ? text.utf8.dropLast() : text.utf8[...])
    }

    package init(bytes: [UInt8], isPrefix: Bool) {
        self.bytes = bytes
        self.isPrefix = isPrefix
    }

    package func matches(_ text: String) -> Bool {
        isPrefix ? text.utf8.starts(with: bytes) : text.utf8.elementsEqual(bytes)
    }

    package var text: String { String(decoding: bytes, as: UTF8.self) + (isPrefix ? "*" : "") }
}

extension JSONCursor {
    /// The elements of a list that must have some, none twice.
    func distinct<T: Hashable>(_ body: (JSONCursor) -> T?) -> [T]? {
        var seen: Set<T> = []
        return filledArray { cursor in
            guard let element = body(cursor) else { return nil }
            guard seen.insert(element).inserted else {
                cursor.report("is there twice")
                return nil
            }
            return element
        }
    }

    func pattern() -> TextPattern? { name().map(TextPattern.init(parsing:)) }

    func patterns() -> [TextPattern]? { distinct { $0.pattern() } }
}
