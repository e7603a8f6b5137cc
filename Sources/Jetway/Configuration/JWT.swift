internal import Foundation
package import JetwayAuth
internal import StrictJSON

extension GatewayConfiguration {
    /// Tokens of an identity provider.
    package struct JWT: Sendable, Hashable {
        /// Where its keys come from.
        package enum Keys: Sendable, Hashable {
            /// The issuer says where (OpenID Connect Discovery 1.0).
            case discovery
            case url(String)
            case file(FileReference)
        }

        /// The claims in which something stands. Names inside a claim are joined with dots.
        package struct Claims: Sendable, Hashable {
            package var subject = "sub"
            package var groups: String?
            package var tenant: String?
        }

        package var issuer: String
        /// A token is for the gateway if it names one of them.
        package var audience: [String]
        package var keys = Keys.discovery
        package var algorithms = [SignatureAlgorithm.rs256, .es256]
        package var claims = Claims()
        /// How far the issuer's clock may be off.
        package var skew = Duration.seconds(60)
        /// Whether an upstream with the credentials `passthrough` gets the token.
        package var forward = false
        /// Certificates to trust for fetching keys instead of the system's.
        package var authority: FileReference?
        /// For how long keys are used that cannot be fetched anew.
        package var maxStale = Duration.hours(1)
    }
}

extension GatewayConfiguration.JWT {
    /// - Parameter name: becomes the issuer's host if there is none.
    static func read(_ object: JSONObject, name: inout String?, folder: ConfigurationFolder) -> Self? {
        let issuer = object.required("issuer") { $0.name() }
        let audience = object.required("audience", readAudience)
        let keys = object.optional("jwks") { readKeys($0, folder: folder) }
        let algorithms = object.optional("algorithms") { $0.distinct { $0.choice(of: SignatureAlgorithm.self) } }
        let claims = object.optional("claims", Claims.read)
        let skew = object.optional("skew") { $0.duration(in: .zero ... .minutes(10)) }
        let forward = object.optional("forward") { $0.boolean() }
        let authority = object.optional("ca") { $0.file(in: folder) }
        let stale = object.optional("maxStale") { $0.duration(in: .zero ... .days(7)) }
        guard let issuer, let audience else { return nil }
        var jwt = Self(issuer: issuer, audience: audience)
        jwt.keys = keys ?? .discovery
        jwt.algorithms = algorithms ?? jwt.algorithms
        jwt.claims = claims ?? jwt.claims
        jwt.skew = skew ?? jwt.skew
        jwt.forward = forward ?? false
        jwt.authority = authority
        jwt.maxStale = stale ?? jwt.maxStale
        jwt.checkIssuer(object, name: &name)
        jwt.checkAlgorithms(object)
        return jwt
    }

    /// Without a URL nothing can be discovered and nothing gives the name.
    private func checkIssuer(_ object: JSONObject, name: inout String?) {
        let pointer = object.pointer.appending("issuer")
        if !object.contains("jwks") {
            do {
                _ = try ConfigurationText.webAddress(issuer)
            } catch {
                return object.problems.add(
                    pointer, error.problem, hint: "without \"jwks\" the keys are looked up at the issuer's URL")
            }
        }
        guard !object.contains("name") else { return }
        name = URLComponents(string: issuer)?.host.flatMap { $0.isEmpty ? nil : $0 }
        if name == nil {
            object.problems.add(
                object.pointer, "needs \"name\"", hint: "only an issuer that is a URL gives a name by its host")
        }
    }

    private func checkAlgorithms(_ object: JSONObject) {
        let pointer = object.pointer.appending("algorithms")
        guard algorithms.contains(where: \.isSymmetric) else { return }
        if !algorithms.allSatisfy(\.isSymmetric) {
            object.problems.add(
                pointer, "mixes shared keys (HS…) with public keys", hint: "write a method for each")
        }
        if case .file = keys { return }
        object.problems.add(
            pointer, "needs \"jwks\" to be a file for shared keys (HS…)", hint: "a key that is served is no secret")
    }

    private static func readAudience(_ cursor: JSONCursor) -> [String]? {
        if case .string = cursor.value { return cursor.name().map { [$0] } }
        return cursor.distinct { $0.name() }
    }

    private static func readKeys(_ cursor: JSONCursor, folder: ConfigurationFolder) -> Keys? {
        if case .string(let text) = cursor.value, text.contains("://") {
            return cursor.parse { text throws(JSONMismatch) in
                .url(try ConfigurationText.webAddress(text, query: true).absoluteString)
            }
        }
        return cursor.file(in: folder).map(Keys.file)
    }

    func json(type: JSONValue, name: JSONValue?) -> JSONValue {
        let jwks: JSONValue? =
            switch keys {
            case .discovery: nil
            case .url(let url): .string(url)
            case .file(let file): file.json
            }
        return .object(present: [
            "type": type, "name": name, "issuer": .string(issuer), "audience": .array(audience.map(JSONValue.string)),
            "jwks": jwks, "algorithms": .array(algorithms.map { .string($0.rawValue) }), "claims": claims.json,
            "skew": skew.json, "forward": .boolean(forward), "ca": authority?.json, "maxStale": maxStale.json,
        ])
    }
}

extension GatewayConfiguration.JWT.Claims {
    static func read(_ cursor: JSONCursor) -> Self? {
        cursor.object { object in
            let subject = object.optional("subject") { $0.name() }
            let groups = object.optional("groups") { $0.name() }
            let tenant = object.optional("tenant") { $0.name() }
            return Self(subject: subject ?? "sub", groups: groups, tenant: tenant)
        }
    }

    var json: JSONValue {
        .object(present: [
            "subject": .string(subject), "groups": groups.map(JSONValue.string),
            "tenant": tenant.map(JSONValue.string),
        ])
    }
}
