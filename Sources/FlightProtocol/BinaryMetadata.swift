/// Values of metadata whose names end in `-bin`: base64 on the wire (gRPC over HTTP/2, "Binary-Header").
package enum BinaryMetadata {
    /// Base64 without padding, as gRPC asks its implementations to write it.
    package static func encode(_ bytes: some Collection<UInt8>) -> String {
        Base64.standard.encode(bytes)
    }

    /// Base64 with padding, as HTTP asks for it (RFC 7617, Basic authentication).
    package static func encodePadded(_ bytes: some Collection<UInt8>) -> String {
        let encoded = encode(bytes)
        return encoded + String(repeating: "=", count: (4 - encoded.utf8.count % 4) % 4)
    }

    /// The bytes of one value, padded or not; nil if it is not base64 of whole bytes.
    ///
    /// There is one way to write each value, but for the padding: bits that stand for no byte must be 0.
    package static func decode(_ value: some StringProtocol) -> [UInt8]? {
        let utf8 = Array(value.utf8)
        let digits = utf8.prefix { $0 != UInt8(ascii: "=") }
        let padding = utf8.dropFirst(digits.count)
        guard padding.allSatisfy({ $0 == UInt8(ascii: "=") }),
            padding.isEmpty || (padding.count <= 2 && utf8.count % 4 == 0)
        else { return nil }
        return Base64.standard.decode(digits)
    }

    /// The values of a field in which several may have been joined with commas, as proxies do; nil if one of them is
    /// not base64. An empty field is one empty value.
    package static func decodeList(_ field: String) -> [[UInt8]]? {
        var values: [[UInt8]] = []
        for part in field.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            let trimmed = part.drop(while: isSpace)
            let end = trimmed.lastIndex { !isSpace($0) }.map(trimmed.index(after:)) ?? trimmed.startIndex
            guard let value = decode(Substring(trimmed[..<end])) else { return nil }
            values.append(value)
        }
        return values
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }
}
