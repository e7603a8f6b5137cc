/// What a sender may still send (RFC 9113 section 6.9). It may be negative after the peer lowered SETTINGS_INITIAL_WINDOW_SIZE.
struct SendWindow: Equatable, Sendable {
    /// The largest legal window, 2^31-1 bytes.
    static let maximum = Int(Int32.max)

    private(set) var available: Int

    init(_ available: Int) {
        self.available = available
    }

    /// Bytes that were written. The caller took no more than `available`.
    mutating func consume(_ bytes: Int) {
        available -= bytes
    }

    /// A WINDOW_UPDATE or a change of SETTINGS_INITIAL_WINDOW_SIZE. False: the window would pass 2^31-1.
    mutating func adjust(by delta: Int) -> Bool {
        let sum = available + delta
        guard sum <= Self.maximum else { return false }
        available = sum
        return true
    }
}

/// What a peer may still send to us, and what of the bytes it sent is to be given back.
///
/// Credit goes back in pieces of at least half the window, and only for bytes that were `release`d: of a relayed stream,
/// those that were handed to the receiver's socket. A receiver that stops reading therefore costs one window at the most.
struct ReceiveWindow: Equatable, Sendable {
    /// The window that is granted, in bytes.
    private(set) var size: Int
    /// What the peer may still send, as it knows it.
    private(set) var available: Int
    /// Released bytes for which no WINDOW_UPDATE was sent yet.
    private(set) var owed = 0

    init(size: Int) {
        self.size = size
        self.available = size
    }

    /// A frame of `bytes` flow-controlled bytes arrived. False: the peer sent more than it may.
    mutating func receive(_ bytes: Int) -> Bool {
        guard bytes <= available else { return false }
        available -= bytes
        return true
    }

    /// Bytes that nobody holds any more. Returns the increment of the WINDOW_UPDATE that is due, or 0.
    mutating func release(_ bytes: Int) -> Int {
        owed += bytes
        guard owed >= size / 2 else { return 0 }
        return takeOwed()
    }

    /// Enlarges the window. Returns the increment of the WINDOW_UPDATE that is due.
    mutating func grow(to newSize: Int) -> Int {
        guard newSize > size else { return 0 }
        owed += newSize - size
        size = newSize
        return takeOwed()
    }

    private mutating func takeOwed() -> Int {
        let increment = owed
        available += increment
        owed = 0
        return increment
    }
}
