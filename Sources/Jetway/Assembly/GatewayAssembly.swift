internal import Flight
internal import Foundation
internal import JetwayAuth
internal import JetwayCore
internal import JetwayRelay
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// A configuration that was compiled whole, ready to be taken.
struct AssembledGateway: Sendable {
    let relay: RelayConfiguration
    let admin: GatewayConfiguration.Admin?
    /// What signed identities are verified with: a JWK set; nil: nothing is signed.
    let keySet: String?
    let memory: AuthenticationMemory
    let accessLog: AccessLogFile?
    /// The files that it was made of.
    let files: [String]
}

/// Compiles configurations: everything that is named is opened and read, everything that is wrong is told at once.
struct GatewayAssembly {
    let middleware: [PlacedMiddleware]
    let logger: Logger
    let counters: GatewayCounters
    let fetchers: KeyFetchers

    /// - Parameter memory: what authentication keeps from the configuration before.
    func assemble(
        _ configuration: GatewayConfiguration, keeping memory: AuthenticationMemory
    ) async throws(ConfigurationProblems) -> AssembledGateway {
        var problems = GatewayConfiguration.unsupported(in: configuration)
        var authentication = AuthenticationAssembly(
            configuration: configuration, keeping: memory, logger: logger,
            fetcher: { try fetchers.fetcher(trusting: $0) },
            onRefresh: { [counters] in counters.keyRefresh($0, succeeded: $1) })
        let authenticator = await authentication.authenticator()
        problems += authentication.problems
        var listeners = ListenerAssembly(configuration: configuration)
        let listenerSettings = configuration.listeners.compactMap { listeners.settings(for: $0) }
        problems += listeners.problems
        var upstreams = UpstreamAssembly(
            configuration: configuration, credentialFields: authenticator?.fields.names ?? FieldNames([]))
        let upstreamSettings = configuration.upstreams.compactMap { upstreams.settings(for: $0) }
        problems += upstreams.problems
        var accessLog: AccessLogFile?
        do {
            accessLog = try AccessLogFile(configuration.telemetry.accessLog)
        } catch {
            problems.append(
                ConfigurationProblem(
                    file: configuration.file, pointer: "/telemetry/accessLog", "cannot be opened: \(error)"))
        }
        guard problems.isEmpty, let authenticator else { throw ConfigurationProblems(problems) }
        let relay = RelayConfiguration(
            limits: configuration.limits, upstreams: upstreamSettings, listeners: listenerSettings,
            makePipeline: pipeline(configuration, authenticator, accessLog), logger: logger,
            returnFreeMemory: ProcessLimits.returnAllFreeMemory)
        return AssembledGateway(
            relay: relay, admin: configuration.admin, keySet: Self.join(upstreams.keySets),
            memory: authentication.memory, accessLog: accessLog,
            files: configuration.namedFiles)
    }

    private func pipeline(
        _ configuration: GatewayConfiguration, _ authenticator: Authenticator, _ accessLog: AccessLogFile?
    ) -> @Sendable (any EventLoop) -> Pipeline {
        let counters = self.counters
        let logger = self.logger
        let middleware = self.middleware
        let upstream = configuration.upstreams.first
        let name = configuration.routes?.first?.name ?? upstream?.name ?? ""
        return { loop in
            BuiltInStages.pipeline(
                on: loop,
                authentication: Authentication(authenticator, logger: logger) { counters.login($0, $1) },
                accessLog: AccessLog(logger: logger, file: accessLog) { counters.call($0, $1) },
                router: OneRoute(name, services: upstream?.services ?? []), middleware: middleware)
        }
    }

    /// One JWK set of several.
    private static func join(_ sets: [String]) -> String? {
        guard sets.count > 1 else { return sets.first }
        let keys = sets.compactMap { set -> [Any]? in
            let object = try? JSONSerialization.jsonObject(with: Data(set.utf8)) as? [String: Any]
            return object?["keys"] as? [Any]
        }
        guard let data = try? JSONSerialization.data(withJSONObject: ["keys": keys.flatMap(\.self)]) else { return nil }
        return String(decoding: data, as: UTF8.self)
    }
}

extension GatewayConfiguration {
    /// Every file that the configuration is made of, itself included.
    var namedFiles: [String] {
        var files = [file]
        for listener in listeners {
            files += listener.tls?.certificates.flatMap { [$0.certificate.path, $0.key.path] } ?? []
            if let authority = listener.tls?.clientAuthority { files.append(authority.path) }
        }
        for method in authentication.methods {
            switch method.kind {
            case .basic(let users, _): files.append(users.path)
            case .apiKey(let keys, _): files.append(keys.path)
            case .jwt(let jwt):
                if case .file(let keys) = jwt.keys { files.append(keys.path) }
                if let authority = jwt.authority { files.append(authority.path) }
            case .clientCertificate, .anonymous, .passthrough: break
            }
        }
        if let tokens = authentication.tokens { files += [tokens.keys.path, tokens.revoked?.path].compactMap(\.self) }
        return files + upstreams.flatMap { $0.namedFiles.map(\.path) }
    }
}

extension AccessLogFile {
    /// nil: there is to be none.
    convenience init?(_ log: GatewayConfiguration.Telemetry.Log) throws {
        switch log {
        case .off: return nil
        case .standardError: try self.init(.standardError, pool: .singleton)
        case .standardOutput: try self.init(.standardOutput, pool: .singleton)
        case .file(let file): try self.init(.file(file.path), pool: .singleton)
        }
    }
}
