internal import Crypto
internal import Flight
internal import FlightProtocol
internal import Foundation
internal import JetwayAuth
internal import JetwayCore
internal import JetwayRelay
internal import NIOCore
internal import NIOHPACK
internal import StrictJSON

/// Makes what the relay needs to know of an upstream out of what the configuration says.
struct UpstreamAssembly {
    let configuration: GatewayConfiguration
    /// Fields of clients that hold credentials.
    let credentialFields: FieldNames
    private(set) var problems: [ConfigurationProblem] = []
    /// The public keys of signed identities, for the admin listener to publish: each a JWK set.
    private(set) var keySets: [String] = []

    init(configuration: GatewayConfiguration, credentialFields: FieldNames) {
        self.configuration = configuration
        self.credentialFields = credentialFields
    }

    /// nil: something is wrong with it; `problems` has it.
    mutating func settings(for upstream: GatewayConfiguration.Upstream) -> UpstreamSettings? {
        guard case .location(let endpoint)? = upstream.servers.first else { return nil }
        var limits = configuration.limits
        upstream.limits.calls.map { limits.activeCalls = $0 }
        upstream.limits.pending.map { limits.pendingCalls = $0 }
        upstream.limits.connections.map { limits.upstreamConnections = $0 }
        // Before files are read for use: of one that changes in between the next reload sees that it is another.
        let fingerprint = fingerprint(upstream, limits: limits)
        guard let connector = connector(upstream, endpoint, limits: limits), let credentials = credentials(upstream)
        else { return nil }
        var identityFields = FieldNames([])
        if case .identityHeaders(let identity) = upstream.credentials {
            identityFields = FieldNames(identity.headers.all)
        }
        return UpstreamSettings(
            name: upstream.name, connector: connector, credentials: credentials, credentialFields: credentialFields,
            identityFields: identityFields, limits: limits, fingerprint: fingerprint)
    }

    private mutating func connector(
        _ upstream: GatewayConfiguration.Upstream, _ endpoint: FlightLocation, limits: RelayLimits
    ) -> UpstreamConnector? {
        guard endpoint.usesTLS else {
            return UpstreamConnector(
                endpoint: endpoint, tls: nil, connectTimeout: limits.connectTimeout, readSize: limits.readSize)
        }
        do {
            let tls = try FlightTLS.client(
                authority: upstream.tls?.authority?.path, insecure: false, certificate: upstream.tls?.certificate?.path,
                key: upstream.tls?.key?.path, serverName: upstream.tls?.serverName, handshake: limits.tlsHandshake)
            return UpstreamConnector(
                endpoint: endpoint, tls: tls, connectTimeout: limits.connectTimeout, readSize: limits.readSize)
        } catch {
            report(upstream.pointer.appending("tls").description, FlightProblem.describe(error))
            return nil
        }
    }

    private mutating func credentials(_ upstream: GatewayConfiguration.Upstream) -> UpstreamCredentials? {
        do throws(ConfigurationProblem) {
            switch upstream.credentials {
            case .none, .clientCertificate: return UpstreamCredentials.none
            case .passthrough: return .passThrough
            case .basic(let username, let password):
                let secret = try password.resolve(configuration: configuration.file)
                return .fixed(authorization: "Basic " + BinaryMetadata.encodePadded("\(username):\(secret)".utf8))
            case .bearer(let token):
                return .fixed(authorization: "Bearer " + (try token.resolve(configuration: configuration.file)))
            case .handshake(let login):
                return .login(
                    UpstreamCredentials.LoginSettings(
                        username: login.username,
                        password: try login.password.resolve(configuration: configuration.file),
                        form: login.form == .payload ? .payload : .header, lifetime: TimeAmount(login.lifetime)))
            case .identityHeaders(let identity): return try self.identity(identity)
            }
        } catch {
            problems.append(error)
            return nil
        }
    }

    private mutating func identity(
        _ identity: GatewayConfiguration.Upstream.IdentityHeaders
    ) throws(ConfigurationProblem) -> UpstreamCredentials {
        guard case .signed(let file) = identity.form else {
            return .identity { [names = identity.headers] in PlainIdentity(names: names) }
        }
        let signer: IdentitySigner
        do {
            signer = try IdentitySigner(pem: try String(contentsOfFile: file.path, encoding: .utf8))
        } catch {
            throw ConfigurationProblem(
                file: configuration.file, pointer: file.pointer.description, "\(file.path): \(error)")
        }
        keySets.append(signer.publicKeySet)
        return .identity { [name = identity.headers.identity, audience = identity.audience] in
            SignedIdentity(signer: signer, name: name, audience: audience)
        }
    }

    /// What a connection to the upstream depends on, files and secrets included, as a digest.
    private func fingerprint(_ upstream: GatewayConfiguration.Upstream, limits: RelayLimits) -> String {
        var digest = SHA256()
        digest.update(data: Data("\(upstream.json)\(limits.entries())\(credentialFields.sorted)".utf8))
        for file in upstream.namedFiles {
            digest.update(data: FileManager.default.contents(atPath: file.path) ?? Data())
            digest.update(data: [0])
        }
        for secret in upstream.secrets {
            digest.update(data: Data(((try? secret.resolve(configuration: "")) ?? "").utf8))
            digest.update(data: [0])
        }
        return "\(digest.finalize())"
    }

    private mutating func report(_ pointer: String, _ problem: String) {
        problems.append(ConfigurationProblem(file: configuration.file, pointer: pointer, problem))
    }
}

extension GatewayConfiguration.Upstream {
    /// The files that its connections depend on.
    var namedFiles: [FileReference] {
        var files = [tls?.authority, tls?.certificate, tls?.key].compactMap(\.self)
        if case .identityHeaders(let identity) = credentials, case .signed(let key) = identity.form {
            files.append(key)
        }
        for case .file(let file) in secrets { files.append(file) }
        return files
    }

    var secrets: [Secret] {
        switch credentials {
        case .none, .passthrough, .identityHeaders, .clientCertificate: []
        case .basic(_, let secret), .bearer(let secret): [secret]
        case .handshake(let login): [login.password]
        }
    }
}

/// Who calls, as text that everybody could write who reaches the upstream.
private final class PlainIdentity: PrincipalFields {
    private let names: GatewayConfiguration.Upstream.IdentityHeaders.Names

    init(names: GatewayConfiguration.Upstream.IdentityHeaders.Names) {
        self.names = names
    }

    func fields(for principal: Principal) -> HPACKHeaders {
        var fields = HPACKHeaders()
        func add(_ name: String, _ values: String...) { add(name, values) }
        func add(_ name: String, _ values: [String]) {
            let text = values.map(IdentityText.encode).joined(separator: ",")
            fields.add(name: name, value: text, indexing: .nonIndexable)
        }
        add(names.subject, principal.subject)
        add(names.method, principal.method.rawValue)
        if !principal.groups.isEmpty { add(names.groups, principal.groups) }
        if let tenant = principal.tenant { add(names.tenant, tenant) }
        return fields
    }
}

/// Who calls, in a signed token.
private final class SignedIdentity: PrincipalFields {
    private let cache: IdentityCache
    private let name: String
    private let audience: String

    init(signer: IdentitySigner, name: String, audience: String) {
        self.cache = IdentityCache(signer: signer)
        self.name = name
        self.audience = audience
    }

    func fields(for principal: Principal) -> HPACKHeaders {
        // Signing fails only if there is no randomness; without the field the upstream refuses the call.
        guard let token = try? cache.token(principal, audience: audience, now: .now()) else { return [:] }
        var fields = HPACKHeaders()
        fields.add(name: name, value: token, indexing: .neverIndexed)
        return fields
    }
}

/// Text in header fields.
enum IdentityText {
    /// Printable ASCII stays, but for `%` and the comma that parts groups; everything else is percent-encoded UTF-8.
    static func encode(_ text: String) -> String {
        GRPCStatus.encode(text).split(separator: ",", omittingEmptySubsequences: false).joined(separator: "%2C")
    }
}

extension TimeAmount {
    /// A duration, cut to what a timer takes.
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self = .nanoseconds(Int64(clamping: seconds) &* 1_000_000_000 &+ attoseconds / 1_000_000_000)
    }
}
