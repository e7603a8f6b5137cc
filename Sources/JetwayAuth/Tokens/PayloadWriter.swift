/// Writes a token's payload up to a limit; what does not fit makes it full, and is not written.
struct PayloadWriter {
    private(set) var bytes: [UInt8] = []
    private(set) var isFull = false
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    mutating func raw(_ part: some Collection<UInt8>) {
        guard !isFull, part.count <= limit - bytes.count else {
            isFull = true
            return
        }
        bytes.append(contentsOf: part)
    }

    mutating func byte(_ value: UInt8) { raw(CollectionOfOne(value)) }

    mutating func number(_ value: Int64) {
        withUnsafeBytes(of: value.bigEndian) { raw($0) }
    }

    /// A number of things or of bytes, of which there are never more than the limit.
    mutating func count(_ value: Int) {
        guard let small = UInt16(exactly: value) else {
            isFull = true
            return
        }
        withUnsafeBytes(of: small.bigEndian) { raw($0) }
    }

    mutating func text(_ text: String) {
        count(text.utf8.count)
        raw(text.utf8)
    }

    mutating func optional(_ text: String?) {
        byte(text == nil ? 0 : 1)
        if let text { self.text(text) }
    }

    mutating func list(_ texts: [String]) {
        count(texts.count)
        for text in texts where !isFull { self.text(text) }
    }
}

/// Reads what `PayloadWriter` wrote. Each part is nil where there is none such.
struct PayloadReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func raw(_ count: Int) -> [UInt8]? {
        guard count <= rest.count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    mutating func byte() -> UInt8? { rest.popFirst() }

    mutating func number() -> Int64? {
        raw(8).map { bytes in bytes.reduce(0) { $0 << 8 | Int64($1) } }
    }

    mutating func count() -> Int? {
        raw(2).map { bytes in bytes.reduce(0) { $0 << 8 | Int($1) } }
    }

    mutating func text() -> String? {
        count().flatMap { raw($0) }.flatMap { String(validating: $0, as: UTF8.self) }
    }

    mutating func optional() -> String?? {
        switch byte() {
        case 0: .some(nil)
        case 1: text().map { .some($0) }
        default: nil
        }
    }

    mutating func list() -> [String]? {
        guard let count = count() else { return nil }
        var texts: [String] = []
        for _ in 0..<count {
            guard let text = text() else { return nil }
            texts.append(text)
        }
        return texts
    }
}
