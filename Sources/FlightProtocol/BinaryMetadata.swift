/// Values of metadata whose names end in `-bin`: base64 on the wire (gRPC over HTTP/2, "Binary-Header").
package enum BinaryMetadata {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Base64 without padding, as gRPC asks its implementations to write it.
    package static func encode(_ bytes: some Collection<UInt8>) -> String {
        var encoded: [UInt8] = []
        encoded.reserveCapacity((bytes.count * 4 + 2) / 3)
        var buffered: UInt32 = 0
        var bits = 0
        for byte in bytes {
            buffered = buffered << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                encoded.append(alphabet[Int(buffered >> UInt32(bits) & 0x3f)])
            }
        }
        if bits > 0 {
            encoded.append(alphabet[Int(buffered << UInt32(6 - bits) & 0x3f)])
        }
        return String(decoding: encoded, as: UTF8.self)
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
        guard digits.count % 4 != 1, padding.allSatisfy({ $0 == UInt8(ascii: "=") }),
            padding.isEmpty || (padding.count <= 2 && utf8.count % 4 == 0)
        else { return nil }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(digits.count * 3 / 4)
        var buffered: UInt32 = 0
        var bits = 0
        for digit in digits {
            guard let sextet = sextet(digit) else { return nil }
            buffered = buffered << 6 | sextet
            bits += 6
            if bits >= 8 {
                bits -= 8
                decoded.append(UInt8(truncatingIfNeeded: buffered >> UInt32(bits)))
            }
        }
        return buffered & (1 << UInt32(bits) - 1) == 0 ? decoded : nil
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

    private static func sextet(_ digit: UInt8) -> UInt32? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
