internal import JetwayCore
internal import StrictJSON

extension GatewayConfiguration.Method {
    /// What a configuration can name as a method's type.
    enum TypeName: String, CaseIterable {
        case basic, jwt, apiKey, clientCertificate, anonymous, passthrough
    }

    static func read(_ cursor: JSONCursor, folder: ConfigurationFolder) -> Self? {
        cursor.object { object in
            guard let type = object.required("type", { $0.choice(of: TypeName.self) }) else {
                object.takeAnyName()
                return nil
            }
            var name: String?
            if type != .anonymous, type != .passthrough {
                name = object.optional("name") { $0.parse(ConfigurationText.label) }
            }
            let kind = Self.kind(type, object, name: &name, folder: folder)
            return kind.map { Self(pointer: cursor.pointer, name: name, kind: $0) }
        }
    }

    private static func kind(_ type: TypeName, _ object: JSONObject, name: inout String?, folder: ConfigurationFolder)
        -> Kind?
    {
        switch type {
        case .basic:
            let users = object.required("users") { $0.file(in: folder) }
            let tenant = object.optional("tenant") { $0.name() }
            return users.map { .basic(users: $0, tenant: tenant) }
        case .jwt:
            return GatewayConfiguration.JWT.read(object, name: &name, folder: folder).map(Kind.jwt)
        case .apiKey:
            let keys = object.required("keys") { $0.file(in: folder) }
            let header = object.optional("header") { $0.parse(ConfigurationText.headerName) }
            return keys.map { .apiKey(keys: $0, header: header ?? "x-api-key") }
        case .clientCertificate:
            let subject = object.required("subject") { $0.choice(of: CertificateName.self) }
            let tenant = object.optional("tenant") { $0.name() }
            return subject.map { .clientCertificate($0, tenant: tenant) }
        case .anonymous:
            return object.required("subject") { $0.name() }.map { .anonymous(subject: $0) }
        case .passthrough:
            return .passthrough
        }
    }

    var json: JSONValue {
        let type = JSONValue.string(type.rawValue)
        let name = name.map(JSONValue.string)
        switch kind {
        case .basic(let users, let tenant):
            return .object(present: [
                "type": type, "name": name, "users": users.json, "tenant": tenant.map(JSONValue.string),
            ])
        case .jwt(let jwt): return jwt.json(type: type, name: name)
        case .apiKey(let keys, let header):
            return .object(present: ["type": type, "name": name, "keys": keys.json, "header": .string(header)])
        case .clientCertificate(let subject, let tenant):
            return .object(present: [
                "type": type, "name": name, "subject": .string(subject.rawValue),
                "tenant": tenant.map(JSONValue.string),
            ])
        case .anonymous(let subject): return .object(present: ["type": type, "subject": .string(subject)])
        case .passthrough: return .object(present: ["type": type])
        }
    }
}
