internal import Foundation
internal import JetwayAuth
internal import JetwayCore
internal import Logging
internal import StrictJSON

/// What authentication keeps from one configuration to the next: failed logins, fetched keys, a key ring of its own.
struct AuthenticationMemory: Sendable {
    /// By the method's name.
    var passwords: [String: PasswordVerifier] = [:]
    var authorities: [String: JWTAuthority] = [:]
    /// Where none is configured: its tokens end with the process.
    var ring: KeyRing?
}

/// Makes the authenticator out of what the configuration says, files read.
struct AuthenticationAssembly {
    let configuration: GatewayConfiguration
    /// Makes what fetches keys, for a file of certificates to trust (nil: the system's).
    let fetcher: (String?) throws -> any DocumentFetching
    let onRefresh: @Sendable (_ method: String, _ succeeded: Bool) -> Void
    let logger: Logger
    private(set) var memory: AuthenticationMemory
    private(set) var problems: [ConfigurationProblem] = []
    private var old: AuthenticationMemory

    init(
        configuration: GatewayConfiguration, keeping memory: AuthenticationMemory, logger: Logger,
        fetcher: @escaping (String?) throws -> any DocumentFetching,
        onRefresh: @escaping @Sendable (String, Bool) -> Void
    ) {
        self.configuration = configuration
        self.old = memory
        self.memory = AuthenticationMemory(ring: memory.ring)
        self.logger = logger
        self.fetcher = fetcher
        self.onRefresh = onRefresh
    }

    /// nil: something is wrong; `problems` has it.
    mutating func authenticator() async -> Authenticator? {
        let settings = configuration.authentication
        var methods: [any AuthenticationMethod] = []
        var keyFields: [String] = []
        let users = passwordFiles(settings.methods)
        for (index, method) in settings.methods.enumerated() {
            if case .apiKey(_, let header) = method.kind { keyFields.append(header) }
            if case .basic(_, let tenant) = method.kind {
                guard let file = users[index] else { continue }
                let others = users.filter { $0.key > index }.map(\.value)
                methods.append(passwords(method.name, file, tenant: tenant, others: others))
            } else if let made = await make(method) {
                methods.append(made)
            }
        }
        let tokens = mint(settings.tokens)
        guard problems.isEmpty, let tokens else { return nil }
        return Authenticator(
            methods: methods, fields: CredentialFields(tokenFields: settings.tokenHeaders, keyFields: keyFields),
            tokens: tokens, beforeLogin: LoginFreeCalls(settings.beforeLogin.map(\.name)))
    }

    /// The users of each method, by its place.
    private mutating func passwordFiles(_ methods: [GatewayConfiguration.Method]) -> [Int: PasswordFile] {
        var files: [Int: PasswordFile] = [:]
        for (index, method) in methods.enumerated() {
            guard case .basic(let users, _) = method.kind else { continue }
            do throws(ConfigurationProblems) {
                files[index] = try PasswordFile.load(file: users.path)
            } catch {
                problems += error.list
            }
        }
        return files
    }

    private mutating func passwords(_ name: String?, _ users: PasswordFile, tenant: String?, others: [PasswordFile])
        -> PasswordMethod
    {
        let verifier = old.passwords[name ?? ""] ?? PasswordVerifier()
        memory.passwords[name ?? ""] = verifier
        return PasswordMethod(verifier: verifier, users: users, source: name, tenant: tenant, others: others)
    }

    private mutating func make(_ method: GatewayConfiguration.Method) async -> (any AuthenticationMethod)? {
        do throws(ConfigurationProblems) {
            switch method.kind {
            case .basic: return nil
            case .jwt(let jwt): return try await authority(jwt, of: method).map(JWTMethod.init)
            case .apiKey(let keys, _):
                return APIKeyMethod(
                    try APIKeys.load(file: keys.path, source: method.name), source: method.name)
            case .clientCertificate(let name, let tenant):
                return ClientCertificateMethod(nameKind: .init(name), source: method.name, tenant: tenant)
            case .anonymous(let subject): return AnonymousMethod(subject: subject)
            case .passthrough: return PassthroughMethod()
            }
        } catch {
            problems += error.list
            return nil
        }
    }

    private mutating func authority(
        _ jwt: GatewayConfiguration.JWT, of method: GatewayConfiguration.Method
    ) async throws(ConfigurationProblems) -> JWTAuthority? {
        func problem(_ pointer: String, _ text: String) -> ConfigurationProblems {
            ConfigurationProblems([ConfigurationProblem(file: configuration.file, pointer: pointer, text)])
        }
        let name = method.name ?? ""
        var keyFile: [UInt8]?
        if case .file(let file) = jwt.keys {
            guard let data = FileManager.default.contents(atPath: file.path) else {
                throw problem(file.pointer.description, "\(file.path) cannot be read")
            }
            keyFile = Array(data)
        }
        let made: JWTAuthority
        do {
            made = try await JWTAuthority(
                JWTSettings(jwt, source: method.name), keyFile: keyFile, fetcher: try fetcher(jwt.authority?.path),
                adopting: old.authorities[name]
            ) { [onRefresh, logger] result in
                switch result {
                case .success: onRefresh(name, true)
                case .failure(let problem):
                    onRefresh(name, false)
                    logger.warning(
                        "keys of an issuer cannot be fetched",
                        metadata: ["method": "\(name)", "reason": "\(problem.reason)"])
                }
            }
        } catch {
            throw problem(method.pointer.appending("jwks").description, "\(error)")
        }
        for reason in made.leftOut {
            logger.warning("a key is left out", metadata: ["method": "\(name)", "reason": "\(reason)"])
        }
        memory.authorities[name] = made
        return made
    }

    private mutating func mint(_ tokens: GatewayConfiguration.Tokens?) -> TokenMint? {
        guard let tokens else {
            let ring = memory.ring ?? KeyRing.ephemeral()
            memory.ring = ring
            return TokenMint(ring: ring)
        }
        do throws(ConfigurationProblems) {
            let revoked = try tokens.revoked.map { file throws(ConfigurationProblems) in
                try Revocations.load(file: file.path)
            }
            return TokenMint(
                ring: try KeyRing.load(file: tokens.keys.path), lifetime: tokens.lifetime,
                revocations: revoked ?? Revocations())
        } catch {
            problems += error.list
            return nil
        }
    }
}

extension ClientCertificateIdentity.Kind {
    fileprivate init(_ name: GatewayConfiguration.Method.CertificateName) {
        switch name {
        case .uri: self = .uri
        case .dns: self = .dns
        case .email: self = .email
        }
    }
}

extension JWTSettings {
    init(_ jwt: GatewayConfiguration.JWT, source: String?) {
        let keys: Keys =
            switch jwt.keys {
            case .discovery: .discovery
            case .url(let url): .url(url)
            case .file(let file): .file(file.path)
            }
        self.init(
            issuer: jwt.issuer, audiences: jwt.audience,
            algorithms: Set(jwt.algorithms), keys: keys)
        claims.subject = jwt.claims.subject
        claims.groups = jwt.claims.groups
        claims.tenant = jwt.claims.tenant
        self.source = source
        forwards = jwt.forward
        skewSeconds = jwt.skew.components.seconds
        maxStaleSeconds = jwt.maxStale.components.seconds
    }
}
