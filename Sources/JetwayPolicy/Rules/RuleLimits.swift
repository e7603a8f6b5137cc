internal import StrictJSON

/// How much a caller may use under a rule; nil: the rule sets no limit.
package struct RuleLimits: Sendable, Hashable {
    package var concurrentCalls: Int?
    package var callsPerSecond: Int?
    package var bytesPerSecond: Int?
    package var bytesPerCall: Int?
    package var bytesPerDay: Int?
    package var rowsPerCall: Int?
    package var rowsPerDay: Int?
    package var callDuration: Duration?
    /// Bytes of one message.
    package var messageSize: Int?
    /// Endpoints that a FlightInfo may have.
    package var endpoints: Int?

    package init() {}

    private static var counts: KeyValuePairs<String, WritableKeyPath<Self, Int?>> {
        [
            "concurrentCalls": \.concurrentCalls, "callsPerSecond": \.callsPerSecond, "rowsPerCall": \.rowsPerCall,
            "rowsPerDay": \.rowsPerDay, "endpoints": \.endpoints,
        ]
    }
    private static var sizes: KeyValuePairs<String, WritableKeyPath<Self, Int?>> {
        [
            "bytesPerSecond": \.bytesPerSecond, "bytesPerCall": \.bytesPerCall, "bytesPerDay": \.bytesPerDay,
            "messageSize": \.messageSize,
        ]
    }
    /// The largest count: sums of some do not overflow.
    private static let largest = 1 << 53

    static func read(_ cursor: JSONCursor) -> Self? {
        cursor.object { object in
            var limits = Self()
            for (key, path) in counts {
                limits[keyPath: path] = object.optional(key) { $0.integer(in: 1...largest) }
            }
            for (key, path) in sizes {
                limits[keyPath: path] = object.optional(key) { cursor in
                    cursor.parse { text throws(JSONMismatch) in try Quantity.bytes(text) }
                }
            }
            limits.callDuration = object.optional("callDuration") { cursor in
                cursor.parse { text throws(JSONMismatch) in try Quantity.time(text) }
            }
            return limits
        }
    }
}
