internal import FlightProtocol
package import JetwayCore

/// Routing to the one upstream that there is.
package struct OneRoute: Pipeline.Router {
    package let routes: [String]
    /// Services beside Flight's that the upstream has.
    private let services: [ServicePattern]

    /// - Parameter route: its name.
    package init(_ route: String, services: [ServicePattern]) {
        self.routes = [route]
        self.services = services
    }

    package func route(_ call: Call) async throws(Rejection) -> Int {
        guard call.rpc != nil || services.contains(where: { $0.matches(call.path) }) else {
            throw Rejection(.unimplemented, "there is no such method")
        }
        call.target = Target(upstream: 0)
        return 0
    }
}
