/// The grammar of field names and values (RFC 9110 section 5, RFC 9113 section 8.2.1, RFC 3986).
enum HeaderText {
    /// A set of ASCII bytes as 128 bits.
    struct ByteSet: Sendable {
        private var low: UInt64 = 0
        private var high: UInt64 = 0

        init(_ characters: StaticString, letters: Bool, capitals: Bool, digits: Bool = true) {
            characters.withUTF8Buffer { for byte in $0 { self.insert(byte) } }
            if letters { for byte in UInt8(ascii: "a")...UInt8(ascii: "z") { self.insert(byte) } }
            if capitals { for byte in UInt8(ascii: "A")...UInt8(ascii: "Z") { self.insert(byte) } }
            if digits { for byte in UInt8(ascii: "0")...UInt8(ascii: "9") { self.insert(byte) } }
        }

        private mutating func insert(_ byte: UInt8) {
            if byte < 64 {
                self.low |= 1 << UInt64(byte)
            } else {
                self.high |= 1 << UInt64(byte & 63)
            }
        }

        func contains(_ byte: UInt8) -> Bool {
            guard byte < 128 else { return false }
            return (byte < 64 ? self.low : self.high) >> UInt64(byte & 63) & 1 == 1
        }
    }

    private static let lowercaseToken = ByteSet("!#$%&'*+-.^_`|~", letters: true, capitals: false)
    private static let token = ByteSet("!#$%&'*+-.^_`|~", letters: true, capitals: true)
    private static let scheme = ByteSet("+-.", letters: true, capitals: true)
    /// unreserved, sub-delims, percent-encoding, and what IP literals and ports need: no userinfo, path, query, fragment.
    private static let authority = ByteSet("-._~!$&'()*+,;=%:[]", letters: true, capitals: true)
    private static let base64 = ByteSet("+/", letters: true, capitals: true)

    /// A token without capitals: RFC 9113 section 8.2 wants names in lower case.
    static func isLowercaseToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(self.lowercaseToken.contains)
    }

    static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(self.token.contains)
    }

    static func isScheme(_ text: String) -> Bool {
        guard let first = text.utf8.first, first | 0x20 >= UInt8(ascii: "a"), first | 0x20 <= UInt8(ascii: "z") else {
            return false
        }
        return text.utf8.allSatisfy(self.scheme.contains)
    }

    static func isAuthority(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(self.authority.contains)
    }

    /// Host names are compared without case (RFC 3986 section 6.2.2.1).
    static func sameAuthority(_ left: String, _ right: String) -> Bool {
        left.utf8.elementsEqual(right.utf8) { self.lowercase($0) == self.lowercase($1) }
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    /// A path with or without a query, or the asterisk; visible ASCII without a fragment.
    static func isPath(_ text: String) -> Bool {
        guard let first = text.utf8.first else { return false }
        guard first == UInt8(ascii: "/") else { return text == "*" }
        return text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "#") }
    }

    /// Three digits from 100; 101 does not exist in HTTP/2 (RFC 9113 section 8.6).
    static func isStatus(_ text: String) -> Bool {
        guard text.utf8.count == 3, let value = self.digits(text) else { return false }
        return value >= 100 && value != 101
    }

    static func contentLength(_ text: String) -> Int? {
        self.digits(text)
    }

    private static func digits(_ text: String) -> Int? {
        guard !text.isEmpty else { return nil }
        var value = 0
        for byte in text.utf8 {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
            guard !overflow, !carry else { return nil }
            value = sum
        }
        return value
    }

    /// Visible ASCII, spaces and tabs inside, and valid UTF-8 beyond ASCII.
    ///
    /// The replacement character stands where bytes were not UTF-8 when the string was made: such a value is not what the
    /// peer sent, so it is refused.
    static func isValidValue(_ text: String) -> Bool {
        text.utf8.withContiguousStorageIfAvailable { self.isValidValue($0) } ?? self.isValidValue(Array(text.utf8))
    }

    private static func isValidValue(_ bytes: some RandomAccessCollection<UInt8>) -> Bool {
        guard let first = bytes.first, let last = bytes.last else { return true }
        guard first != 0x20, first != 0x09, last != 0x20, last != 0x09 else { return false }
        var isASCII = true
        for byte in bytes {
            guard byte >= 0x20 || byte == 0x09, byte != 0x7f else { return false }
            if byte >= 0x80 { isASCII = false }
        }
        return isASCII || !self.holdsReplacement(bytes)
    }

    /// Whether U+FFFD is somewhere in the text.
    private static func holdsReplacement(_ bytes: some RandomAccessCollection<UInt8>) -> Bool {
        var tail: UInt32 = 0
        for byte in bytes {
            tail = tail << 8 | UInt32(byte)
            if tail & 0xff_ffff == 0xef_bfbd { return true }
        }
        return false
    }

    /// Base64 values with or without padding, joined by commas, each with spaces around it.
    static func isBase64List(_ text: String) -> Bool {
        text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).allSatisfy { part in
            let trimmed = part.drop { $0 == 0x20 || $0 == 0x09 }
            return self.isBase64(trimmed.prefix { $0 != 0x20 && $0 != 0x09 }, in: trimmed)
        }
    }

    private static func isBase64(_ value: Substring.UTF8View, in part: Substring.UTF8View) -> Bool {
        guard part[value.endIndex...].allSatisfy({ $0 == 0x20 || $0 == 0x09 }) else { return false }
        let digits = value.prefix { self.base64.contains($0) }
        let padding = value[digits.endIndex...]
        guard padding.allSatisfy({ $0 == UInt8(ascii: "=") }), digits.count % 4 != 1 else { return false }
        return padding.isEmpty || padding.count == (4 - digits.count % 4) % 4
    }
}
