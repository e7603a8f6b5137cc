internal import NIOCore

/// The Huffman code of RFC 7541 section 5.2 and appendix B.
///
/// The code is canonical: codes of one length are consecutive numbers in the order of their symbols, and each length goes
/// on where the one before ended. So the lengths alone define it, and decoding compares with where each length ends.
struct HPACKHuffman: Sendable {
    static let code = HPACKHuffman()

    /// Bits of the code of each octet, and of EOS at the end.
    private static let lengths: [UInt8] = [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
        28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
        5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
        7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
        6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
        24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
        21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
        19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
        26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
        30,
    ]
    private static let longest = 30
    private static let endOfString = 256

    /// Code and length of each symbol.
    private let codes: [(code: UInt32, length: UInt8)]
    /// Symbols in the order of their codes.
    private let symbols: [UInt16]
    /// For each length: where its codes end, as a number of 30 bits; the first code of that kind; its place in `symbols`.
    private let lengths: [(length: Int, end: UInt32, first: UInt32, offset: Int)]
    /// Symbol and length by the first eight bits of a code that is no longer than those; 0 for longer ones.
    private let short: [UInt16]

    private init() {
        var codes = [(code: UInt32, length: UInt8)](repeating: (0, 0), count: Self.lengths.count)
        var symbols: [UInt16] = []
        var lengths: [(length: Int, end: UInt32, first: UInt32, offset: Int)] = []
        var short = [UInt16](repeating: 0, count: 256)
        var next: UInt32 = 0
        for length in 1...Self.longest {
            next <<= 1
            let first = next
            let offset = symbols.count
            for (symbol, itsLength) in Self.lengths.enumerated() where itsLength == length {
                codes[symbol] = (next, itsLength)
                symbols.append(UInt16(symbol))
                if length <= 8 {
                    let entries = 1 << (8 - length)
                    for entry in 0..<entries {
                        short[Int(next) * entries + entry] = UInt16(length << 8 | symbol)
                    }
                }
                next += 1
            }
            if next > first {
                let shift = Self.longest - length
                lengths.append((length, next << UInt32(shift), first << UInt32(shift), offset))
            }
        }
        self.codes = codes
        self.symbols = symbols
        self.lengths = lengths
        self.short = short
    }

    /// The symbol at the top of 30 bits, and how many of them it takes.
    @inline(__always)
    private func symbol(_ bits: UInt32) -> (symbol: Int, length: Int) {
        let entry = self.short[Int(bits >> 22)]
        if entry != 0 { return (Int(entry & 0xff), Int(entry >> 8)) }
        for row in self.lengths where bits < row.end {
            let place = row.offset + Int((bits - row.first) >> UInt32(Self.longest - row.length))
            return (Int(self.symbols[place]), row.length)
        }
        return (Self.endOfString, Self.longest)
    }

    /// Decodes a string.
    ///
    /// - Returns: whether it was valid: no EOS in it, and less than eight bits of padding, all of them ones.
    func decode(_ bytes: Span<UInt8>, into output: inout [UInt8]) -> Bool {
        var bits: UInt64 = 0
        var count = 0
        for index in bytes.indices {
            bits = bits << 8 | UInt64(bytes[index])
            count += 8
            while count >= Self.longest {
                let (symbol, length) = self.symbol(UInt32(truncatingIfNeeded: bits >> UInt64(count - 30)) & 0x3fff_ffff)
                guard symbol != Self.endOfString else { return false }
                output.append(UInt8(truncatingIfNeeded: symbol))
                count -= length
            }
        }
        while count > 0 {
            // What is missing is filled up with ones, as padding would be.
            let missing = UInt64(Self.longest - count)
            let filled = UInt32(truncatingIfNeeded: bits << missing | ((1 << missing) - 1)) & 0x3fff_ffff
            let (symbol, length) = self.symbol(filled)
            guard length <= count else {
                let ones: UInt64 = (1 << UInt64(count)) - 1
                return count < 8 && bits & ones == ones
            }
            guard symbol != Self.endOfString else { return false }
            output.append(UInt8(truncatingIfNeeded: symbol))
            count -= length
        }
        return true
    }

    /// How many bytes a string takes when encoded.
    func encodedLength(_ text: String.UTF8View) -> Int {
        var bits = 0
        for byte in text { bits += Int(self.codes[Int(byte)].length) }
        return (bits + 7) / 8
    }

    func encode(_ text: String.UTF8View, into buffer: inout ByteBuffer) {
        var bits: UInt64 = 0
        var count = 0
        for byte in text {
            let (code, length) = self.codes[Int(byte)]
            bits = bits << UInt64(length) | UInt64(code)
            count += Int(length)
            while count >= 8 {
                count -= 8
                buffer.writeInteger(UInt8(truncatingIfNeeded: bits >> UInt64(count)))
            }
        }
        if count > 0 {
            let missing = UInt64(8 - count)
            buffer.writeInteger(UInt8(truncatingIfNeeded: bits << missing | ((1 << missing) - 1)))
        }
    }
}
