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
    func pattern() -> TextPattern? { name().map(TextPattern.init(parsing:)) }

    func patterns() -> [TextPattern]? { distinct { $0.pattern() } }
}
