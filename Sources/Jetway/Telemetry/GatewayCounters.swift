internal import FlightProtocol
internal import JetwayAuth
internal import JetwayCore
internal import Metrics

/// What the gateway counts of logins, calls and its configuration. Made once; each count is one addition.
///
/// Labels are of closed sets: no subject, no ticket, no path.
struct GatewayCounters: Sendable {
    private let factory: any MetricsFactory
    /// By method (the last: none) and result.
    private let logins: [[Counter]]
    /// By RPC (the last: other methods) and status (the last: none).
    private let calls: [[Counter]]
    private let reloads: (succeeded: Counter, failed: Counter)

    init(factory: MetricsRegistry) {
        self.factory = factory
        factory.describe("jetway_logins_total", "Verdicts of authentication, by method and result.")
        factory.describe("jetway_calls_total", "Calls that have ended, by RPC and status.")
        factory.describe("jetway_configuration_reloads_total", "Changed configurations, taken or not.")
        factory.describe("jetway_jwks_refreshes_total", "Fetches of issuers' keys, by method and result.")
        let methods = Principal.Method.allCases.map(\.rawValue) + ["none"]
        logins = methods.map { method in
            LoginResult.allCases.map { result in
                Counter(
                    label: "jetway_logins_total", dimensions: [("method", method), ("result", result.rawValue)],
                    factory: factory)
            }
        }
        let rpcs = FlightRPC.allCases.map(\.method) + ["other"]
        let codes = GRPCCode.allCases.map(\.description) + ["none"]
        calls = rpcs.map { rpc in
            codes.map { code in
                Counter(label: "jetway_calls_total", dimensions: [("rpc", rpc), ("code", code)], factory: factory)
            }
        }
        func reload(_ result: String) -> Counter {
            Counter(
                label: "jetway_configuration_reloads_total", dimensions: [("result", result)], factory: factory)
        }
        reloads = (reload("succeeded"), reload("failed"))
    }

    func login(_ method: Principal.Method?, _ result: LoginResult) {
        let methods = Principal.Method.allCases
        let row = method.flatMap { methods.firstIndex(of: $0) } ?? methods.count
        logins[row][LoginResult.allCases.firstIndex(of: result) ?? 0].increment()
    }

    func call(_ rpc: FlightRPC?, _ status: GRPCCode?) {
        calls[rpc?.index ?? FlightRPC.allCases.count][status?.rawValue ?? GRPCCode.allCases.count].increment()
    }

    func reload(succeeded: Bool) {
        (succeeded ? reloads.succeeded : reloads.failed).increment()
    }

    /// Keys of an issuer were fetched. Seldom, so that the counter is looked up.
    func keyRefresh(_ method: String, succeeded: Bool) {
        Counter(
            label: "jetway_jwks_refreshes_total",
            dimensions: [("method", method), ("result", succeeded ? "succeeded" : "failed")], factory: factory
        ).increment()
    }
}
