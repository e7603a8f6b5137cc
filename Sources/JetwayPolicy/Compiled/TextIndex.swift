/// Which patterns a text matches.
struct TextIndex: Sendable {
    private var exact: ByteTable
    private var prefixes: PrefixTable

    init(_ patterns: [(pattern: TextPattern, value: UInt32)] = []) {
        exact = ByteTable(patterns.filter { !$0.pattern.isPrefix }.map { ($0.pattern.bytes, $0.value) })
        prefixes = PrefixTable(patterns.filter(\.pattern.isPrefix).map { ($0.pattern.bytes, $0.value) })
    }

    var isEmpty: Bool { exact.isEmpty && prefixes.isEmpty }

    func forEachMatch(of text: String, _ body: (UInt32) -> Void) {
        guard !isEmpty else { return }
        text.withBytes { forEachMatch(of: $0, body) }
    }

    func forEachMatch(of text: UnsafeRawBufferPointer, _ body: (UInt32) -> Void) {
        if let value = exact.value(of: text) { body(value) }
        prefixes.forEachPrefix(of: text, body)
    }
}
