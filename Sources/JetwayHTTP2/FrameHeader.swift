/// The type octets of RFC 9113 section 6.
package enum FrameType {
    package static let data: UInt8 = 0x0
    package static let headers: UInt8 = 0x1
    package static let priority: UInt8 = 0x2
    package static let resetStream: UInt8 = 0x3
    package static let settings: UInt8 = 0x4
    package static let pushPromise: UInt8 = 0x5
    package static let ping: UInt8 = 0x6
    package static let goAway: UInt8 = 0x7
    package static let windowUpdate: UInt8 = 0x8
    package static let continuation: UInt8 = 0x9
}

/// The flag bits of RFC 9113 section 6; bits that a frame's type does not define are ignored.
package enum FrameFlag {
    package static let acknowledgement: UInt8 = 0x1
    package static let endStream: UInt8 = 0x1
    package static let endHeaders: UInt8 = 0x4
    package static let padded: UInt8 = 0x8
    package static let priority: UInt8 = 0x20
}

/// The nine octets before every frame's payload (RFC 9113 section 4.1).
struct FrameHeader: Equatable, Sendable {
    static let size = 9

    var length: Int
    var type: UInt8
    var flags: UInt8
    var streamID: StreamID

    /// - Parameters:
    ///   - first: the first eight octets, in network order.
    ///   - last: the ninth.
    init(first: UInt64, last: UInt8) {
        self.length = Int(truncatingIfNeeded: first >> 40)
        self.type = UInt8(truncatingIfNeeded: first >> 32)
        self.flags = UInt8(truncatingIfNeeded: first >> 24)
        // Twenty-four bits and eight; the reserved bit is ignored.
        let number = UInt32(truncatingIfNeeded: first & 0x7f_ffff) << 8 | UInt32(last)
        self.streamID = StreamID(rawValue: number)
    }

    func has(_ flag: UInt8) -> Bool {
        self.flags & flag != 0
    }
}
