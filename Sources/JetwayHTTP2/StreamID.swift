/// A stream's number (RFC 9113 section 5.1.1): 31 bits, odd for those that a client opened, 0 for the connection itself.
package struct StreamID: RawRepresentable, Hashable, Comparable, Sendable {
    /// The number; the reserved top bit of the wire form is never part of it.
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Stream 0: frames that concern the whole connection.
    package static let connection = StreamID(rawValue: 0)

    /// The largest number there is, which the first GOAWAY of a graceful drain names (RFC 9113 section 6.8).
    package static let maximum = StreamID(rawValue: 0x7fff_ffff)

    /// Whether a client opened the stream: its number is odd.
    package var isClientInitiated: Bool {
        self.rawValue & 1 == 1
    }

    package static func < (left: StreamID, right: StreamID) -> Bool {
        left.rawValue < right.rawValue
    }
}

extension StreamID: CustomStringConvertible {
    package var description: String {
        String(self.rawValue)
    }
}
