/// The method that a call names, in the one form that is decided on and forwarded: `/service/method`.
///
/// A gRPC `:path` is `"/" Service-Name "/" {method name}` (gRPC over HTTP/2, "Requests"). Whatever could be read in two
/// ways is no path: dot segments, escapes, parameters, queries, fragments, further slashes and other authorities.
public struct RPCPath: Sendable, Hashable, CustomStringConvertible {
    /// The path exactly as it came.
    public let description: String
    /// Bytes before the slash between service and method.
    private let separator: Int

    /// The parsed path, or nil if `path` is not of the canonical form: a service of `[A-Za-z0-9_.]+` without an empty
    /// segment and a method of `[A-Za-z0-9_]+`.
    public init?(parsing path: String) {
        var separator: Int?
        // Where a segment of a name may not end: at the start and behind a dot or a slash.
        var atSegmentStart = true
        for (index, byte) in path.utf8.enumerated() {
            switch byte {
            case UInt8(ascii: "/") where index == 0:
                continue
            case _ where index == 0:
                return nil
            case UInt8(ascii: "/") where separator == nil && !atSegmentStart:
                separator = index
                atSegmentStart = true
            case UInt8(ascii: ".") where separator == nil && !atSegmentStart:
                atSegmentStart = true
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                atSegmentStart = false
            default:
                return nil
            }
        }
        guard let separator, !atSegmentStart else { return nil }
        self.description = path
        self.separator = separator
    }

    /// The full name of the service, such as `arrow.flight.protocol.FlightService`.
    public var service: Substring {
        Substring(description.utf8.prefix(separator).dropFirst())
    }

    /// The name of the method, such as `DoGet`.
    public var method: Substring {
        Substring(description.utf8.dropFirst(separator + 1))
    }
}
