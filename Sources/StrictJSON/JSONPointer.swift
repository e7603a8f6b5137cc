/// A place in a JSON text (RFC 6901), such as `/listeners/0/tls`; empty for the whole.
package struct JSONPointer: Sendable, Hashable, CustomStringConvertible {
    package let description: String

    package static let root = JSONPointer(description: "")

    private init(description: String) {
        self.description = description
    }

    /// The place of a member. `~` and `/` in its name are escaped (RFC 6901 section 3).
    package func appending(_ name: String) -> JSONPointer {
        var text = description + "/"
        for scalar in name.unicodeScalars {
            switch scalar {
            case "~": text += "~0"
            case "/": text += "~1"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return JSONPointer(description: text)
    }

    /// The place of an element.
    package func appending(_ index: Int) -> JSONPointer {
        JSONPointer(description: "\(description)/\(index)")
    }
}
