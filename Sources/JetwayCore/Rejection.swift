package import FlightProtocol

/// Who ended a call.
package enum CallSide: String, Sendable {
    case downstream
    case gateway
    case upstream
}

/// Why the gateway itself ends a call: what the caller is told, and what only the log learns.
///
/// An upstream's own status is no rejection, however bad it is: it is an outcome.
package struct Rejection: Error, Equatable, Sendable {
    /// The gRPC status code.
    package let code: GRPCCode
    /// What the caller is told. Constant text, safe to show.
    package let message: String
    /// What the log is told beside it.
    package let reason: String?
    /// Where the cause lies.
    package let side: CallSide
    /// The id of the rule that decided, if one did.
    package let rule: String?

    package init(
        _ code: GRPCCode, _ message: String, reason: String? = nil, side: CallSide = .gateway, rule: String? = nil
    ) {
        self.code = code
        self.message = message
        self.reason = reason
        self.side = side
        self.rule = rule
    }
}
