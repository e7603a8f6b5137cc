package import JetwayCore
internal import StrictJSON

extension APIKeys {
    /// Reads a file of API keys.
    ///
    /// - Parameter source: what subjects are qualified with beside the method, where there are several files.
    package static func load(file: String, source: String? = nil) throws(ConfigurationProblems) -> APIKeys {
        try SecretFile.parsing(file, isSecret: false) { bytes throws(ConfigurationProblems) in
            try read(bytes, file: file, source: source)
        }
    }

    /// Reads the text of a file of API keys.
    package static func read(
        _ bytes: [UInt8], file: String, source: String? = nil
    ) throws(ConfigurationProblems) -> APIKeys {
        APIKeys(try SecretFile.readObject(bytes, file: file) { Self.entries($0, source: source) })
    }

    private static func entries(_ object: JSONObject, source: String?) -> [Entry]? {
        _ = object.required("version")?.integer(in: 1...1)
        var ids: Set<String> = []
        return object.required("keys")?.array { cursor in
            guard let entry = cursor.object({ Self.entry($0, source: source) }) else { return nil }
            if !ids.insert(entry.id).inserted { cursor.report("has the id of a key before it") }
            return entry
        }
    }

    private static func entry(_ object: JSONObject, source: String?) -> Entry? {
        let id = object.required("id") { $0.parse(checkedID) }
        let digest = object.required("sha256") { $0.parse(decodedDigest) }
        let subject = object.required("subject") { $0.name() }
        let groups = object.optional("groups") { $0.array { $0.name() } } ?? []
        let tenant = object.optional("tenant") { $0.name() }
        let expires = object.optional("expires") { $0.parse(UnixTime.parsed) }
        let isDisabled = object.optional("disabled") { $0.boolean() } ?? false
        guard let id, let digest, let subject else { return nil }
        return Entry(
            id: id, digest: digest,
            principal: Principal(name: subject, method: .apiKey, source: source, groups: groups, tenant: tenant),
            subject: subject, expires: expires, isDisabled: isDisabled)
    }

    private static func checkedID(_ text: String) throws(JSONMismatch) -> String {
        guard isID(text) else { throw JSONMismatch("must be 1 to \(longestID) of A-Z, a-z, 0-9, _ and -") }
        return text
    }

    private static func decodedDigest(_ text: String) throws(JSONMismatch) -> [UInt8] {
        guard let bytes = SecretBytes.decodeHex(text), bytes.count == 32 else {
            throw JSONMismatch(
                "must be the SHA-256 of the key's text in hexadecimal", hint: "jetway keys api makes keys")
        }
        return bytes
    }

    /// The keys as the text of a file.
    package var fileText: String {
        let list = entries.map { entry in
            let groups = entry.principal.groups.map { JSONValue.string($0) }
            return JSONValue.object(present: [
                "id": .string(entry.id), "sha256": .string(SecretBytes.hex(entry.digest)),
                "subject": .string(entry.subject), "groups": groups.isEmpty ? nil : .array(groups),
                "tenant": entry.principal.tenant.map { .string($0) },
                "expires": entry.expires.map { .string($0.rfc3339) },
                "disabled": entry.isDisabled ? .boolean(true) : nil,
            ])
        }
        return JSONValue.object([.init("version", .integer(1)), .init("keys", .array(list))]).text + "\n"
    }
}
