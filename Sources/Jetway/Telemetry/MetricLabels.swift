/// The labels of a series, as Prometheus has them: each name once, in order.
struct MetricLabels: Hashable, Sendable {
    /// The most bytes that a value has; more are cut off.
    private static let maximumValue = 256
    /// The value of all labels of the series that stands for all that have no room.
    private static let other = "other"

    let pairs: [(name: String, value: String)]

    init(_ dimensions: [(String, String)]) {
        var names: Set<String> = []
        pairs =
            dimensions
            .map { (name: MetricName.label($0.0), value: Self.shortened($0.1)) }
            .filter { names.insert($0.name).inserted }
            .sorted { $0.name < $1.name }
    }

    /// The same names, with the value that stands for any.
    var overflow: MetricLabels { MetricLabels(pairs.map { ($0.name, Self.other) }) }

    /// `name="value",…`
    var text: String {
        pairs.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
    }

    static func == (left: MetricLabels, right: MetricLabels) -> Bool {
        left.pairs.elementsEqual(right.pairs) { $0 == $1 }
    }

    func hash(into hasher: inout Hasher) {
        for (name, value) in pairs {
            hasher.combine(name)
            hasher.combine(value)
        }
    }

    private static func shortened(_ value: String) -> String {
        value.utf8.count <= maximumValue ? value : String(decoding: value.utf8.prefix(maximumValue), as: UTF8.self)
    }

    private static func escaped(_ value: String) -> String {
        var text = ""
        // A line feed behind a carriage return is one character with it.
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

/// Names as Prometheus has them; what it does not allow becomes `_`.
enum MetricName {
    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`
    static func metric(_ text: String) -> String {
        name(text) { $0 == UInt8(ascii: ":") }
    }

    /// `[a-zA-Z_][a-zA-Z0-9_]*`, and not `le`, which tells the buckets of a histogram apart.
    static func label(_ text: String) -> String {
        let name = name(text) { _ in false }
        return name == "le" ? "_le" : name
    }

    private static func name(_ text: String, allowing isAllowed: (UInt8) -> Bool) -> String {
        var bytes = text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                byte
            default: isAllowed(byte) ? byte : UInt8(ascii: "_")
            }
        }
        if bytes.first.map({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) ?? true {
            bytes.insert(UInt8(ascii: "_"), at: 0)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
