/// What one caller may use under one rule. nil: as much as it likes.
package struct UsageLimits: Sendable, Hashable {
    /// Calls at the same time.
    package var concurrentCalls: Int?
    /// Calls that begin, in a second; as many may begin at once.
    package var callsPerSecond: Int?
    /// Bytes of both directions in a second, all calls of the caller together.
    package var bytesPerSecond: Int?
    package var bytesPerCall: Int?
    package var rowsPerCall: Int?
    /// In a day of UTC.
    package var bytesPerDay: Int?
    package var rowsPerDay: Int?
    /// Bytes of the longest message.
    package var messageSize: Int?

    package init() {}

    package var isEmpty: Bool { self == UsageLimits() }
}
