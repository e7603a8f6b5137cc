internal import StrictJSON

/// What a rule is about. The resource selectors are alternatives; all else that is given must hold.
package struct CallSelector: Sendable, Hashable {
    package struct Header: Sendable, Hashable {
        package var name: String
        package var values: [TextPattern]
    }

    package var rpcs: [RPCSelector]?
    // Resource selectors.
    package var paths: [PathPattern]?
    package var commands: [[UInt8]]?
    package var tickets: [[UInt8]]?
    package var actions: [TextPattern]?
    package var criteria: [[UInt8]]?
    package var sql: [SQLSelector]?

    package var writes: Bool?
    package var locationSchemes: [String]?
    package var headers: [Header] = []

    package init() {}

    static func read(_ cursor: JSONCursor) -> Self? {
        cursor.object { object in
            var call = Self()
            call.rpcs = object.optional("rpc") { $0.distinct(RPCSelector.read) }
            call.paths = object.optional("path") { list in
                list.distinct { $0.parse { text throws(JSONMismatch) in try PathPattern(parsing: text) } }
            }
            call.commands = object.optional("command") { $0.distinct(BytePrefix.read) }
            call.tickets = object.optional("ticketPrefix") { $0.distinct(BytePrefix.read) }
            call.actions = object.optional("action") { $0.patterns() }
            call.criteria = object.optional("criteria") { $0.distinct(BytePrefix.read) }
            call.sql = object.optional("sql") { $0.distinct(SQLSelector.read) }
            call.writes = object.optional("writes") { $0.boolean() }
            call.locationSchemes = object.optional("locationSchemes") { $0.distinct(scheme) }
            call.headers = object.optional("headers", headers) ?? []
            return call
        }
    }

    private static func scheme(_ cursor: JSONCursor) -> String? {
        cursor.parse { text throws(JSONMismatch) in
            // RFC 3986 section 3.1, in lower case.
            let valid = text.utf8.allSatisfy { byte in
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                    || "+-.".utf8.contains(byte)
            }
            guard valid, let first = text.utf8.first, first >= UInt8(ascii: "a") else {
                throw JSONMismatch("is no scheme of a location", hint: "in lower case, as in \"grpc+tls\"")
            }
            return text
        }
    }

    private static func headers(_ cursor: JSONCursor) -> [Header]? {
        if cursor.value == .object([]) { cursor.report("must not be empty") }
        return cursor.members { name, cursor in
            let values = cursor.patterns()
            do throws(JSONMismatch) {
                let name = try HeaderName.read(name)
                return values.map { Header(name: name, values: $0) }
            } catch {
                cursor.report(error.problem, hint: error.hint)
                return nil
            }
        }
    }
}

/// Names of header fields in rules. `_` and `-` are one, as servers behind the gateway may take them for one.
enum HeaderName {
    /// What carries credentials: rules are no place for secrets.
    private static let secret = ["authorization", "proxy-authorization", "x-jetway-authorization", "cookie"]

    static func read(_ text: String) throws(JSONMismatch) -> String {
        guard text == text.lowercased() else { throw JSONMismatch("must be in lower case") }
        let valid = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
        }
        guard valid, !text.isEmpty else { throw JSONMismatch("is no name of a header") }
        guard !secret.contains(text) else {
            throw JSONMismatch("is a header with credentials", hint: "name who may call under \"who\"")
        }
        guard !text.hasSuffix("-bin") else { throw JSONMismatch("is a header of bytes, expected one of text") }
        return text
    }

    /// Whether a call's field has a name, `_` being `-` and letters of both cases one.
    static func isSame(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count && zip(left.utf8, right.utf8).allSatisfy { normal($0) == normal($1) }
    }

    private static func normal(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "_"): UInt8(ascii: "-")
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
        default: byte
        }
    }
}
