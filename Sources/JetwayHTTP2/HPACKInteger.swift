internal import NIOCore

/// Integers and strings on the wire (RFC 7541 sections 5.1 and 5.2).
extension ByteBuffer {
    /// Reads an integer whose first octet keeps it in its low bits.
    ///
    /// - Parameter prefix: how many bits those are, from 1 to 8.
    /// - Throws: COMPRESSION_ERROR for one that is cut off, takes more than five octets after the first, or is above 2^32-1.
    mutating func readHPACKInteger(prefix: Int) throws(ConnectionFault) -> Int {
        guard let first = self.readInteger(as: UInt8.self) else { throw .compression("HPACK: an integer is cut off") }
        let most = (1 << prefix) - 1
        var value = Int(first) & most
        if value < most { return value }
        for shift in stride(from: 0, through: 28, by: 7) {
            guard let octet = self.readInteger(as: UInt8.self) else { throw .compression("HPACK: an integer is cut off") }
            value += Int(octet & 0x7f) << shift
            if octet & 0x80 == 0 {
                guard value <= Int(UInt32.max) else { break }
                return value
            }
        }
        throw .compression("HPACK: an integer is too large")
    }

    /// - Parameters:
    ///   - value: not negative.
    ///   - prefix: how many low bits of the first octet it may use, from 1 to 8.
    ///   - pattern: the other bits of the first octet.
    mutating func writeHPACKInteger(_ value: Int, prefix: Int, pattern: UInt8) {
        let most = (1 << prefix) - 1
        guard value >= most else {
            self.writeInteger(pattern | UInt8(truncatingIfNeeded: value))
            return
        }
        self.writeInteger(pattern | UInt8(truncatingIfNeeded: most))
        var rest = value - most
        while rest >= 128 {
            self.writeInteger(0x80 | UInt8(truncatingIfNeeded: rest))
            rest >>= 7
        }
        self.writeInteger(UInt8(truncatingIfNeeded: rest))
    }

    /// Reads a string.
    ///
    /// - Parameter scratch: room for what the Huffman code gives.
    /// - Returns: the string, in which bytes that are not UTF-8 are replaced, and how many octets it had before that.
    mutating func readHPACKString(_ scratch: inout [UInt8]) throws(ConnectionFault) -> (text: String, size: Int) {
        let isHuffman = (self.getInteger(at: self.readerIndex, as: UInt8.self) ?? 0) & 0x80 != 0
        let length = try self.readHPACKInteger(prefix: 7)
        guard isHuffman else {
            guard let text = self.readString(length: length) else { throw .compression("HPACK: a string is cut off") }
            return (text, length)
        }
        guard let slice = self.readSlice(length: length) else { throw .compression("HPACK: a string is cut off") }
        scratch.removeAll(keepingCapacity: true)
        guard HPACKHuffman.code.decode(slice.readableBytesView, into: &scratch) else {
            throw .compression("HPACK: a string with an invalid Huffman code")
        }
        return (String(decoding: scratch, as: UTF8.self), scratch.count)
    }

    /// Writes a string as it is.
    mutating func writeHPACKString(_ text: String) {
        self.writeHPACKInteger(text.utf8.count, prefix: 7, pattern: 0)
        self.writeString(text)
    }

    /// Writes a string by the Huffman code if that is shorter.
    mutating func writeShortestHPACKString(_ text: String) {
        let length = HPACKHuffman.code.encodedLength(text.utf8)
        guard length < text.utf8.count else { return self.writeHPACKString(text) }
        self.writeHPACKInteger(length, prefix: 7, pattern: 0x80)
        HPACKHuffman.code.encode(text.utf8, into: &self)
    }
}
