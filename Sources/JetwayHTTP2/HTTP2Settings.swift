/// What we are on a connection.
package enum HTTP2Role: Sendable {
    /// We accepted it: the peer is a client.
    case server
    /// We opened it: the peer is a server.
    case client
}

/// One parameter of a SETTINGS frame (RFC 9113 section 6.5.1).
package struct SettingsEntry: Hashable, Sendable {
    package let id: UInt16
    package let value: UInt32

    package init(id: UInt16, value: UInt32) {
        self.id = id
        self.value = value
    }

    package static let headerTableSize: UInt16 = 0x1
    package static let enablePush: UInt16 = 0x2
    package static let maxConcurrentStreams: UInt16 = 0x3
    package static let initialWindowSize: UInt16 = 0x4
    package static let maxFrameSize: UInt16 = 0x5
    package static let maxHeaderListSize: UInt16 = 0x6
    /// RFC 8441.
    package static let enableConnectProtocol: UInt16 = 0x8
}

/// What the peer has set, beginning with the RFC's initial values (RFC 9113 section 6.5.2).
package struct PeerSettings: Equatable, Sendable {
    /// Bytes of the table that the peer's decoder keeps.
    package private(set) var headerTableSize = 4096
    package private(set) var enablePush = true
    /// Streams we may have open at once; `Int.max` while the peer has not said.
    package private(set) var maxConcurrentStreams = Int.max
    /// Bytes of send window a new stream begins with.
    package private(set) var initialWindowSize = 65_535
    /// Bytes of the largest frame payload the peer takes.
    package private(set) var maxFrameSize = 16_384
    /// Bytes of the largest header list the peer takes, which is advice; `Int.max` while the peer has not said.
    package private(set) var maxHeaderListSize = Int.max

    package init() {}

    /// Takes over one entry; entries with identifiers that are not known here are ignored (RFC 9113 section 6.5.2).
    ///
    /// - Parameters:
    ///   - entry: the entry; entries of a frame are applied in their order.
    ///   - role: what we are, which decides what the peer may say about push.
    /// - Throws: PROTOCOL_ERROR, or FLOW_CONTROL_ERROR for a window of more than 2^31-1.
    package mutating func apply(_ entry: SettingsEntry, from role: HTTP2Role) throws(ConnectionFault) {
        switch entry.id {
        case SettingsEntry.headerTableSize:
            self.headerTableSize = Int(entry.value)
        case SettingsEntry.enablePush:
            guard entry.value <= 1 else { throw .protocolError("SETTINGS_ENABLE_PUSH is neither 0 nor 1") }
            guard role == .server || entry.value == 0 else {
                throw .protocolError("SETTINGS_ENABLE_PUSH from a server")
            }
            self.enablePush = entry.value == 1
        case SettingsEntry.maxConcurrentStreams:
            self.maxConcurrentStreams = Int(entry.value)
        case SettingsEntry.initialWindowSize:
            guard entry.value <= 0x7fff_ffff else { throw .flowControl("SETTINGS_INITIAL_WINDOW_SIZE above 2^31-1") }
            self.initialWindowSize = Int(entry.value)
        case SettingsEntry.maxFrameSize:
            guard (16_384...16_777_215).contains(entry.value) else {
                throw .protocolError("SETTINGS_MAX_FRAME_SIZE out of range")
            }
            self.maxFrameSize = Int(entry.value)
        case SettingsEntry.maxHeaderListSize:
            self.maxHeaderListSize = Int(entry.value)
        case SettingsEntry.enableConnectProtocol:
            // RFC 8441 section 3: a receiver may check the value; nothing here opens a stream by extended CONNECT.
            guard entry.value <= 1 else { throw .protocolError("SETTINGS_ENABLE_CONNECT_PROTOCOL is neither 0 nor 1") }
        default:
            break
        }
    }
}
