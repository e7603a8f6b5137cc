package import JetwayCore
package import JetwayRelay
internal import StrictJSON

/// What a configuration file says, with its defaults: values only, nothing of it is opened or looked up.
package struct GatewayConfiguration: Sendable {
    /// The file, as it was named.
    package var file: String
    package var listeners: [Listener]
    package var admin: Admin?
    package var authentication: Authentication
    package var upstreams: [Upstream]
    /// nil: there is one upstream and every call goes to it.
    package var routes: [Route]?
    package var policies: Policies
    package var limits: RelayLimits
    package var telemetry: Telemetry

    /// Reads a file.
    ///
    /// - Parameter limits: those that hold where the file says nothing.
    /// - Throws: all that is wrong in the file. What it names is not opened: see ``loadProblems()``.
    package static func load(file: String, limits: RelayLimits = RelayLimits()) throws(ConfigurationProblems)
        -> GatewayConfiguration
    {
        let (configuration, problems) = examine(file: file, limits: limits)
        guard let configuration, problems.isEmpty else { throw ConfigurationProblems(problems) }
        return configuration
    }

    /// Reads a text that came from a file.
    package static func read(_ text: String, file: String, limits: RelayLimits = RelayLimits())
        throws(ConfigurationProblems) -> GatewayConfiguration
    {
        let (configuration, problems) = examine(text, file: file, limits: limits)
        guard let configuration, problems.isEmpty else { throw ConfigurationProblems(problems) }
        return configuration
    }

    /// As much of a file as could be read, and all that is wrong with it; nil if it is no JSON object.
    package static func examine(file: String, limits: RelayLimits = RelayLimits()) -> (
        configuration: GatewayConfiguration?, problems: [ConfigurationProblem]
    ) {
        do {
            return examine(try JSONDocument.load(file: file), file: file, limits: limits)
        } catch {
            return (nil, [error])
        }
    }

    package static func examine(_ text: String, file: String, limits: RelayLimits = RelayLimits()) -> (
        configuration: GatewayConfiguration?, problems: [ConfigurationProblem]
    ) {
        do {
            return examine(try JSONDocument.read(text, file: file), file: file, limits: limits)
        } catch {
            return (nil, [error])
        }
    }

    private static func examine(_ value: JSONValue, file: String, limits: RelayLimits) -> (
        configuration: GatewayConfiguration?, problems: [ConfigurationProblem]
    ) {
        let problems = JSONProblems(file: file)
        let folder = ConfigurationFolder(of: file)
        let configuration = JSONCursor(value, problems: problems).object { object in
            GatewayConfiguration(object, file: file, folder: folder, limits: limits)
        }
        if let configuration { ConfigurationRules.check(configuration, problems: problems) }
        return (configuration, problems.list)
    }

    private init(_ object: JSONObject, file: String, folder: ConfigurationFolder, limits: RelayLimits) {
        self.file = file
        // For editors.
        _ = object.optional("$schema") { $0.string() }
        self.listeners =
            object.required("listeners") { $0.filledArray { Listener.read($0, folder: folder) } } ?? []
        self.admin = object.optional("admin", Admin.read)
        self.authentication =
            object.required("authentication", hint: "to let everybody in, write a method anonymous or passthrough") {
                Authentication.read($0, folder: folder)
            } ?? Authentication()
        self.upstreams = object.required("upstreams") { Upstream.readAll($0, folder: folder) } ?? []
        self.routes = object.optional("routes") { $0.filledArray(Route.read) }
        self.policies =
            object.required("policies", hint: "to allow everything to every caller, write \"allowAll\"") {
                Policies.read($0, folder: folder)
            } ?? .allowAll
        self.limits = object.optional("limits") { RelayLimits.read($0, over: limits) } ?? limits
        self.telemetry = object.optional("telemetry") { Telemetry.read($0, folder: folder) } ?? Telemetry()
    }
}
