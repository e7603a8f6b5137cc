/// What is served under which name of a host, by the rules of TLS: RFC 6066 section 3 for what a client asks for, RFC 9525 section 6.3
/// for wildcards.
struct ServerNames<Value> {
    private var exact: [String: Value] = [:]
    /// By what stands behind `*.`.
    private var wildcards: [String: Value] = [:]

    /// The first value of a name stays.
    mutating func add(_ name: String, _ value: Value) {
        let name = Self.normalForm(name)
        if name.hasPrefix("*.") {
            let parent = String(name.dropFirst(2))
            if wildcards[parent] == nil { wildcards[parent] = value }
        } else if exact[name] == nil {
            exact[name] = value
        }
    }

    /// The value of the name itself; else that of a wildcard in place of its first label.
    subscript(name: String) -> Value? {
        let name = Self.normalForm(name)
        if let value = exact[name] { return value }
        guard let dot = name.firstIndex(of: "."), dot != name.startIndex else { return nil }
        return wildcards[String(name[name.index(after: dot)...])]
    }

    /// Names compare without regard to the case of ASCII letters; a dot at the end says no more than none.
    private static func normalForm(_ name: String) -> String {
        let lower = name.utf8.map { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 ? $0 | 0x20 : $0 }
        return String(decoding: lower.last == UInt8(ascii: ".") ? lower.dropLast() : lower[...], as: UTF8.self)
    }
}

extension ServerNames: Sendable where Value: Sendable {}
