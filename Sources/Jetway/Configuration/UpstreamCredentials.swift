internal import StrictJSON

extension GatewayConfiguration.Upstream {
    /// What an upstream is told about who calls.
    package enum Credentials: Sendable, Hashable {
        case none
        /// What the client brought.
        case passthrough
        case basic(username: String, password: Secret)
        case bearer(token: Secret)
        case handshake(Handshake)
        case identityHeaders(IdentityHeaders)
        /// The gateway's certificate, of the upstream's TLS.
        case clientCertificate

        enum TypeName: String, CaseIterable {
            case none, passthrough, basic, bearer, handshake, identityHeaders, clientCertificate
        }

        var type: TypeName {
            switch self {
            case .none: .none
            case .passthrough: .passthrough
            case .basic: .basic
            case .bearer: .bearer
            case .handshake: .handshake
            case .identityHeaders: .identityHeaders
            case .clientCertificate: .clientCertificate
            }
        }
    }

    /// An account with which the gateway logs in by the Handshake RPC.
    package struct Handshake: Sendable, Hashable {
        package enum Form: String, Sendable, CaseIterable {
            case payload, header
        }

        package var username: String
        package var password: Secret
        package var form = Form.payload
        /// How long a login is used.
        package var lifetime = Duration.hours(1)
    }

    /// Who calls, in headers.
    package struct IdentityHeaders: Sendable, Hashable {
        package enum Form: Sendable, Hashable {
            /// A token signed with a P-256 key.
            case signed(key: FileReference)
            /// Text that everybody could write who reaches the server.
            case plain
        }

        package struct Names: Sendable, Hashable {
            package var identity = "x-jetway-identity"
            package var subject = "x-jetway-subject"
            package var groups = "x-jetway-groups"
            package var tenant = "x-jetway-tenant"
            package var method = "x-jetway-method"

            package var all: [String] { [identity, subject, groups, tenant, method] }
        }

        package var form: Form
        /// For whom a signed identity is.
        package var audience: String
        package var headers = Names()
    }
}

extension GatewayConfiguration.Upstream.Credentials {
    static func read(_ cursor: JSONCursor, upstream: String, folder: ConfigurationFolder) -> Self? {
        cursor.object { object in
            guard let type = object.required("type", { $0.choice(of: TypeName.self) }) else {
                object.takeAnyName()
                return nil
            }
            switch type {
            case .none: return Self.none
            case .passthrough: return .passthrough
            case .clientCertificate: return .clientCertificate
            case .bearer:
                return object.required("token") { Secret.read($0, folder: folder) }.map { .bearer(token: $0) }
            case .basic:
                return account(object, folder: folder).map { .basic(username: $0, password: $1) }
            case .handshake:
                let account = account(object, folder: folder)
                let form = object.optional("form") { $0.choice(of: GatewayConfiguration.Upstream.Handshake.Form.self) }
                let lifetime = object.optional("lifetime") { $0.duration(in: .seconds(10) ... .days(30)) }
                return account.map {
                    .handshake(
                        .init(
                            username: $0, password: $1, form: form ?? .payload, lifetime: lifetime ?? .hours(1)))
                }
            case .identityHeaders:
                return GatewayConfiguration.Upstream.IdentityHeaders
                    .read(object, upstream: upstream, folder: folder).map { .identityHeaders($0) }
            }
        }
    }

    private static func account(_ object: JSONObject, folder: ConfigurationFolder) -> (String, Secret)? {
        let username = object.required("username") { cursor in
            cursor.parse { text throws(JSONMismatch) in
                // RFC 7617 section 2: the first colon ends the name.
                guard !text.isEmpty, !text.contains(":") else {
                    throw JSONMismatch("must be a name without a colon")
                }
                return text
            }
        }
        let password = object.required("password") { Secret.read($0, folder: folder) }
        guard let username, let password else { return nil }
        return (username, password)
    }

    var json: JSONValue {
        let type = JSONValue.string(type.rawValue)
        switch self {
        case .none, .passthrough, .clientCertificate: return .object(present: ["type": type])
        case .basic(let username, let password):
            return .object(present: ["type": type, "username": .string(username), "password": password.json])
        case .bearer(let token): return .object(present: ["type": type, "token": token.json])
        case .handshake(let login):
            return .object(present: [
                "type": type, "username": .string(login.username), "password": login.password.json,
                "form": .string(login.form.rawValue), "lifetime": login.lifetime.json,
            ])
        case .identityHeaders(let identity): return identity.json(type: type)
        }
    }
}

extension GatewayConfiguration.Upstream.IdentityHeaders {
    private enum FormName: String, CaseIterable {
        case signed, plain
    }

    static func read(_ object: JSONObject, upstream: String, folder: ConfigurationFolder) -> Self? {
        let name = object.required("form") { $0.choice(of: FormName.self) }
        let key = object.optional("key") { $0.file(in: folder) }
        let audience = object.optional("audience") { $0.name() }
        let headers = object.optional("headers", Names.read)
        let form: Form?
        switch (name, key) {
        case (.signed, let key?): form = .signed(key: key)
        case (.signed, nil):
            if !object.contains("key") {
                object.cursor.report("needs \"key\"", hint: "a PEM file with an EC P-256 key, which signs the identity")
            }
            form = nil
        case (.plain, _):
            for key in ["key", "audience"] where object.contains(key) {
                object.problems.add(object.pointer.appending(key), "belongs to the form \"signed\"")
            }
            form = .plain
        case (nil, _): form = nil
        }
        return form.map { Self(form: $0, audience: audience ?? upstream, headers: headers ?? Names()) }
    }

    func json(type: JSONValue) -> JSONValue {
        switch form {
        case .signed(let key):
            .object(present: [
                "type": type, "form": .string("signed"), "key": key.json, "audience": .string(audience),
                "headers": headers.json,
            ])
        case .plain: .object(present: ["type": type, "form": .string("plain"), "headers": headers.json])
        }
    }
}

extension GatewayConfiguration.Upstream.IdentityHeaders.Names {
    private static let places: KeyValuePairs<String, any WritableKeyPath<Self, String> & Sendable> = [
        "identity": \.identity, "subject": \.subject, "groups": \.groups, "tenant": \.tenant, "method": \.method,
    ]

    static func read(_ cursor: JSONCursor) -> Self? {
        cursor.object { object in
            var names = Self()
            for (key, place) in places {
                let name = object.optional(key) { $0.parse(ConfigurationText.headerName) }
                if let name { names[keyPath: place] = name }
            }
            if Set(names.all).count < names.all.count { cursor.report("names a header twice") }
            return names
        }
    }

    var json: JSONValue {
        .object(Self.places.map { .init($0.key, .string(self[keyPath: $0.value])) })
    }
}
