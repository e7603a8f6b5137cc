/// How a call ended: the code and the text of `grpc-status` and `grpc-message`.
package struct GRPCStatus: Sendable, Equatable {
    /// Bytes of an encoded message that we write, at most.
    package static let encodedMessageLimit = 1024

    package let code: GRPCCode
    /// The text, not encoded.
    package let message: String

    package init(code: GRPCCode, message: String) {
        self.code = code
        self.message = message
    }

    /// The value for `grpc-status`.
    package var encodedCode: String { String(code.rawValue) }

    /// The value for `grpc-message`: percent-encoded, and cut behind a whole character at `encodedMessageLimit`.
    package var encodedMessage: String { Self.encode(message, limit: Self.encodedMessageLimit) }

    /// The fields that say it in trailers.
    package var fields: [(name: String, value: String)] {
        let code = (name: "grpc-status", value: encodedCode)
        return message.isEmpty ? [code] : [code, (name: "grpc-message", value: encodedMessage)]
    }

    /// Percent-encodes a message (gRPC over HTTP/2, "Percent-Encoded"): the printable characters of ASCII but `%` stay.
    ///
    /// - Parameter limit: the most bytes to write; characters that do not fit whole are left out with all behind them.
    package static func encode(_ message: String, limit: Int = .max) -> String {
        var encoded: [UInt8] = []
        for scalar in message.unicodeScalars {
            let bytes = UTF8.encode(scalar).map(Array.init) ?? []
            let isPlain = bytes.count == 1 && (0x20...0x7e).contains(bytes[0]) && bytes[0] != UInt8(ascii: "%")
            guard encoded.count + (isPlain ? 1 : 3 * bytes.count) <= limit else { break }
            for byte in bytes {
                if isPlain {
                    encoded.append(byte)
                } else {
                    encoded += [UInt8(ascii: "%"), hexDigit(byte >> 4), hexDigit(byte & 0xf)]
                }
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// The text of a `grpc-message` value.
    ///
    /// The specification forbids an error here: an escape that is none stays as it is, and bytes that are no UTF-8
    /// become U+FFFD.
    package static func decode(_ value: String) -> String {
        let bytes = Array(value.utf8)
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let high = hexValue(bytes[index + 1]), let low = hexValue(bytes[index + 2])
            {
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    private static func hexDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "A") + (nibble - 10)
    }

    private static func hexValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
