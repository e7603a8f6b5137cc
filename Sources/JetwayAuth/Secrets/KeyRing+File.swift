internal import FlightProtocol
package import JetwayCore
internal import StrictJSON

extension KeyRing {
    /// Reads a key ring file.
    package static func load(file: String) throws(ConfigurationProblems) -> KeyRing {
        try SecretFile.parsing(file, isSecret: true) { bytes throws(ConfigurationProblems) in
            try read(bytes, file: file)
        }
    }

    /// Reads the text of a key ring file.
    package static func read(_ bytes: [UInt8], file: String) throws(ConfigurationProblems) -> KeyRing {
        try SecretFile.readObject(bytes, file: file, Self.ring)
    }

    private static func ring(_ object: JSONObject) -> KeyRing? {
        _ = object.required("version")?.integer(in: 1...1)
        guard let list = object.required("keys"), let keys = list.filledArray({ $0.object(key) }) else {
            return nil
        }
        if keys.count > mostKeys { list.report("has more than \(mostKeys) keys", hint: "drop the oldest") }
        if Set(keys.map(\.id)).count < keys.count { list.report("has two keys with the same id") }
        let ring = KeyRing(keys)
        if ring == nil, object.problems.list.isEmpty {
            list.report("must have exactly one key with \"use\": \"sign\"")
        }
        return ring
    }

    private static func key(_ object: JSONObject) -> Key? {
        let id = object.required("id") { $0.parse(checkedID) }
        let secret = object.required("secret") { $0.parse(decodedSecret) }
        let created = object.required("created") { $0.parse(UnixTime.parsed) }
        let use: Use? = object.required("use") { $0.choice() }
        guard let id, let secret, let created, let use else { return nil }
        return Key(id: id, secret: secret, created: created, use: use)
    }

    private static func checkedID(_ text: String) throws(JSONMismatch) -> String {
        guard (1...longestID).contains(text.utf8.count), text.utf8.allSatisfy(isIDByte) else {
            throw JSONMismatch("must be 1 to \(longestID) of A-Z, a-z, 0-9, _ and -")
        }
        return text
    }

    private static func decodedSecret(_ text: String) throws(JSONMismatch) -> [UInt8] {
        guard let bytes = Base64.url.decode(text.utf8), bytes.count == 32 else {
            throw JSONMismatch("must be 32 bytes in base64url without padding", hint: "jetway keys new makes them")
        }
        return bytes
    }

    /// What ids of keys are made of.
    static func isIDByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// The ring as the text of a file, secrets included.
    package var fileText: String {
        let list = keys.map { key in
            JSONValue.object([
                .init("id", .string(key.id)), .init("secret", .string(Base64.url.encode(key.secret))),
                .init("created", .string(key.created.rfc3339)), .init("use", .string(key.use.rawValue)),
            ])
        }
        return JSONValue.object([.init("version", .integer(1)), .init("keys", .array(list))]).text + "\n"
    }
}

extension UnixTime {
    /// A time in a configuration file.
    static func parsed(_ text: String) throws(JSONMismatch) -> UnixTime {
        guard let time = UnixTime(rfc3339: text) else {
            throw JSONMismatch("must be a time such as 2026-12-31T23:59:59Z")
        }
        return time
    }
}
