package import FlightProtocol
internal import StrictJSON

/// What a rule names as a call's method.
package enum RPCSelector: Sendable, Hashable {
    case flight(FlightRPC)
    /// Methods of another service that an upstream has: `/pkg.Service/Method`, `/pkg.Service` or `/pkg.*`.
    case other(String)

    static func read(_ cursor: JSONCursor) -> Self? {
        guard case .string(let text) = cursor.value, text.hasPrefix("/") else {
            return cursor.choice(of: FlightRPC.self).map(Self.flight)
        }
        return cursor.parse { text throws(JSONMismatch) in
            // A path with what the selector names is one exactly if that is a name.
            let name = text.hasSuffix(".*") ? text.dropLast(2) : text[...]
            guard RPCPath(parsing: text) != nil || RPCPath(parsing: name + "/x") != nil else {
                throw JSONMismatch(
                    "names no method", hint: "write /PACKAGE.SERVICE/METHOD, /PACKAGE.SERVICE or /PACKAGE.*")
            }
            guard FlightRPC.allCases.allSatisfy({ !Self.matches(text, $0.path) }) else {
                throw JSONMismatch("takes Flight's own service", hint: "name its RPCs as in \"DoGet\"")
            }
            return .other(text)
        }
    }

    /// Whether the selector's text takes a method's path.
    static func matches(_ selector: String, _ path: String) -> Bool {
        if selector.hasSuffix(".*") { return path.utf8.starts(with: selector.utf8.dropLast()) }
        return path.utf8.elementsEqual(selector.utf8)
            || path.utf8.starts(with: Array(selector.utf8) + [UInt8(ascii: "/")])
    }

    package var text: String {
        switch self {
        case .flight(let rpc): rpc.method
        case .other(let text): text
        }
    }
}
