package import JetwayCore
internal import StrictJSON

extension GatewayConfiguration {
    /// Settings that the gateway understands and cannot do yet.
    package static func unsupported(in configuration: GatewayConfiguration) -> [ConfigurationProblem] {
        let problems = JSONProblems(file: configuration.file)
        let settings = UnsupportedSettings(configuration: configuration, problems: problems)
        settings.checkUpstreams()
        settings.checkRoutes()
        settings.checkPoliciesAndTelemetry()
        return problems.list
    }
}

private struct UnsupportedSettings {
    let configuration: GatewayConfiguration
    let problems: JSONProblems

    private func report(_ pointer: JSONPointer, _ what: String, hint: String? = nil) {
        problems.add(pointer, "\(what) not supported yet", hint: hint)
    }

    func checkUpstreams() {
        if configuration.upstreams.count > 1 {
            report(configuration.upstreams[1].pointer, "more than one upstream is")
        }
        for upstream in configuration.upstreams { check(upstream) }
    }

    private func check(_ upstream: GatewayConfiguration.Upstream) {
        let pointer = upstream.pointer
        let servers = pointer.appending("servers")
        if upstream.servers.count > 1 { report(servers.appending(1), "more than one server is") }
        for (index, server) in upstream.servers.enumerated() {
            if case .dns = server {
                report(servers.appending(index), "dns:/// is", hint: "write grpc:// or grpc+tls:// and a host")
            }
        }
        if case .hash = upstream.balance { report(pointer.appending("balance"), "this is") }
        if upstream.locations != .keep {
            report(
                pointer.appending("locations"), "\"\(upstream.locations.rawValue)\" is",
                hint: "write \"locations\": \"keep\"")
        }
        if upstream.tickets != .keep {
            report(
                pointer.appending("tickets"), "\"\(upstream.tickets.rawValue)\" is", hint: "write \"tickets\": \"keep\""
            )
        }
        if upstream.rawTickets != .byPolicy {
            report(pointer.appending("rawTickets"), "\"\(upstream.rawTickets.rawValue)\" is")
        }
        if upstream.idempotent { report(pointer.appending("idempotent"), "this is") }
        if upstream.health != nil { report(pointer.appending("health"), "this is") }
    }

    func checkRoutes() {
        for route in configuration.routes ?? [] {
            if route.match != .init() { report(route.pointer.appending("match"), "a condition is", hint: "write {}") }
            if case .upstream = route.target { continue }
            report(route.pointer.appending("to"), "this is", hint: "write the name of an upstream")
        }
    }

    func checkPoliciesAndTelemetry() {
        if case .files = configuration.policies {
            report(JSONPointer.root.appending("policies"), "a policy is", hint: "write \"allowAll\"")
        }
        let telemetry = JSONPointer.root.appending("telemetry")
        if configuration.telemetry.audit != .off { report(telemetry.appending("audit"), "this is") }
        if configuration.telemetry.tracesCollector != nil { report(telemetry.appending("traces"), "this is") }
    }
}
