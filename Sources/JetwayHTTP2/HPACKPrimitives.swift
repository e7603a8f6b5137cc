internal import NIOCore

/// Reading integers and strings (RFC 7541 sections 5.1 and 5.2). A place in the block moves behind what was read.
extension Span<UInt8> {
    /// Reads an integer whose first octet keeps it in its low bits.
    ///
    /// - Parameter prefix: how many bits those are, from 1 to 8.
    /// - Throws: COMPRESSION_ERROR for one that is cut off, takes more than five octets after the first, or is above 2^32-1.
    func hpackInteger(at place: inout Int, prefix: Int) throws(ConnectionFault) -> Int {
        guard place < self.count else { throw .compression("HPACK: an integer is cut off") }
        let most = (1 << prefix) - 1
        var value = Int(self[place]) & most
        place += 1
        if value < most { return value }
        for shift in stride(from: 0, through: 28, by: 7) {
            guard place < self.count else { throw .compression("HPACK: an integer is cut off") }
            let octet = self[place]
            place += 1
            value += Int(octet & 0x7f) << shift
            if octet & 0x80 == 0 {
                guard value <= Int(UInt32.max) else { break }
                return value
            }
        }
        throw .compression("HPACK: an integer is too large")
    }

    /// Reads a string.
    ///
    /// - Parameter scratch: room for what the Huffman code gives.
    /// - Returns: the string, in which bytes that are not UTF-8 are replaced, and how many octets it had before that.
    func hpackString(
        at place: inout Int, _ scratch: inout [UInt8]
    ) throws(ConnectionFault) -> (text: String, size: Int) {
        let isHuffman = place < self.count && self[place] & 0x80 != 0
        let length = try self.hpackInteger(at: &place, prefix: 7)
        guard length <= self.count - place else { throw .compression("HPACK: a string is cut off") }
        let bytes = self.extracting(place..<place + length)
        place += length
        guard isHuffman else {
            return (bytes.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }, length)
        }
        scratch.removeAll(keepingCapacity: true)
        guard HPACKHuffman.code.decode(bytes, into: &scratch) else {
            throw .compression("HPACK: a string with an invalid Huffman code")
        }
        return (String(decoding: scratch, as: UTF8.self), scratch.count)
    }
}

/// Writing them.
extension ByteBuffer {
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
