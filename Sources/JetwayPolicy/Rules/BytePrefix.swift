internal import Foundation
internal import StrictJSON

/// The bytes that a ticket, a command or criteria begin with: text, or `{"base64": …}`, or `{"hex": …}`.
enum BytePrefix {
    static func read(_ cursor: JSONCursor) -> [UInt8]? {
        guard case .object = cursor.value else { return cursor.name().map { Array($0.utf8) } }
        return cursor.object { (object) -> [UInt8]? in
            guard object.contains("base64") != object.contains("hex") else {
                for key in ["base64", "hex"] { _ = object.optional(key) }
                cursor.report("needs either \"base64\" or \"hex\"")
                return nil
            }
            let decoded = object.optional("base64") { $0.parse(base64) }
            let digits = object.optional("hex") { $0.parse(hex) }
            return decoded ?? digits
        }
    }

    private static func base64(_ text: String) throws(JSONMismatch) -> [UInt8] {
        guard let bytes = Data(base64Encoded: text), !bytes.isEmpty else {
            throw JSONMismatch("is no base64 of some bytes", hint: "padded, of the alphabet with + and /")
        }
        return Array(bytes)
    }

    private static func hex(_ text: String) throws(JSONMismatch) -> [UInt8] {
        let digits = Array(text.utf8)
        guard !digits.isEmpty, digits.count.isMultiple(of: 2),
            text.utf8.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit })
        else { throw JSONMismatch("is no hex of some bytes", hint: "two digits for each byte") }
        return stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16)
        }
    }
}
