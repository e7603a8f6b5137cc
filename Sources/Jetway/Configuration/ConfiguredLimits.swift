internal import JetwayHTTP2
internal import JetwayRelay
internal import StrictJSON

extension RelayLimits {
    private static let groups = ["downstream", "upstream"]

    /// The limits of a configuration: those of connections in an object for each side.
    static func read(_ cursor: JSONCursor, over defaults: RelayLimits) -> RelayLimits? {
        var limits = defaults
        let known = defaults.entries().map(\.key)
        return cursor.object { object in
            for key in known where !key.contains(".") {
                _ = object.optional(key) { limits.set(key, from: $0) }
            }
            for group in groups {
                let prefix = group + "."
                _ = object.optional(group) { cursor in
                    cursor.object { object in
                        for key in known where key.hasPrefix(prefix) {
                            _ = object.optional(String(key.dropFirst(prefix.count))) { limits.set(key, from: $0) }
                        }
                    }
                }
            }
            return limits
        }
    }

    private mutating func set(_ key: String, from cursor: JSONCursor) {
        let text: String
        switch cursor.value {
        case .string(let string): text = string
        case .integer(let number): text = String(number)
        case .boolean(let flag): text = flag ? "on" : "off"
        case .null, .real, .array, .object:
            return cursor.report("expected a string, a whole number or true or false, found \(cursor.value.typeName)")
        }
        do {
            try self.set(key, to: text)
        } catch {
            cursor.report("expected \(error.accepted)")
        }
    }

    var json: JSONValue {
        func members(_ prefix: String) -> [JSONValue.Member] {
            entries().filter { $0.key.hasPrefix(prefix) }.map { key, value in
                .init(String(key.dropFirst(prefix.count)), .string(value))
            }
        }
        let own = members("").filter { !$0.name.contains(".") }
        return .object(own + Self.groups.map { .init($0, .object(members($0 + "."))) })
    }
}
