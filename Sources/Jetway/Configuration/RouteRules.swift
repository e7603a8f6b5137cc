internal import FlightProtocol
internal import StrictJSON

extension ConfigurationRules {
    func checkRoutes() {
        guard let routes = configuration.routes else {
            guard configuration.upstreams.count > 1, isWhole("routes") else { return }
            return problems.add(
                .root, "needs \"routes\" with more than one upstream",
                hint: "one that takes every call is {\"match\": {}, \"to\": UPSTREAM}")
        }
        var names: Set<String> = []
        for route in routes {
            if let name = route.name, !names.insert(name).inserted {
                problems.add(route.pointer.appending("name"), "another route has this name")
            }
            checkUpstreams(of: route)
            checkKeys(of: route)
        }
        for (route, next) in zip(routes, routes.dropFirst()) where route.match == .init() {
            problems.add(
                next.pointer, "no call gets here", hint: "the route before takes every call: move it to the end")
        }
    }

    private func checkUpstreams(of route: GatewayConfiguration.Route) {
        let upstreams = JSONPointer.root.appending("upstreams")
        let known = configuration.upstreams.map(\.name)
        for (name, pointer) in route.target.upstreams(at: route.pointer.appending("to")) where !known.contains(name) {
            // It is there, but could not be read.
            if problems.contains(within: upstreams.appending(name)) { continue }
            problems.add(
                pointer, "there is no upstream \"\(name)\"", hint: JSONMismatch.unknown(name, known: known).hint)
        }
    }

    private func checkKeys(of route: GatewayConfiguration.Route) {
        if route.strip, route.match.ticketPrefix == nil {
            problems.add(route.pointer.appending("strip"), "needs \"ticketPrefix\" in \"match\"")
        }
        guard case .all = route.target else { return }
        let lists: Set<FlightRPC> = [.listFlights, .listActions]
        guard route.match.rpcs.isEmpty || !lists.isSuperset(of: route.match.rpcs) else { return }
        problems.add(
            route.pointer.appending("to").appending("all"), "takes only calls whose answers can be joined",
            hint: "write \"rpc\": [\"ListFlights\", \"ListActions\"] in \"match\"")
    }
}
