/// Prometheus' text format 0.0.4.
struct PrometheusText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""

    mutating func begin(_ name: String, type: String, help: String?) {
        if let help { text += "# HELP \(name) \(Self.escaped(help))\n" }
        text += "# TYPE \(name) \(type)\n"
    }

    /// - Parameter labels: as text, escaped.
    mutating func add(_ sample: MetricSample, of name: String, labels: String) {
        text += name + sample.suffix
        let bound = sample.bound.map { "le=\"\(Self.number($0))\"" }
        let all = [labels, bound ?? ""].filter { !$0.isEmpty }.joined(separator: ",")
        if !all.isEmpty { text += "{\(all)}" }
        switch sample.value {
        case .count(let count): text += " \(count)\n"
        case .number(let number): text += " \(Self.number(number))\n"
        }
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }

    private static func escaped(_ help: String) -> String {
        help.unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}
