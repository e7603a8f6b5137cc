public import FlightProtocol

/// Who ended a call.
public enum CallSide: String, Sendable {
    case downstream
    case gateway
    case upstream
}

/// Why the gateway itself ends a call: what the caller is told, and what only the log learns.
///
/// An upstream's own status is no rejection, however bad it is: it is an outcome.
public struct Rejection: Error, Equatable, Sendable {
    /// The gRPC status code.
    public let code: GRPCCode
    /// What the caller is told. Constant text, safe to show.
    public let message: String
    /// What the log is told beside it.
    public let reason: String?
    /// Where the cause lies.
    public let side: CallSide
    /// The id of the rule that decided, if one did.
    public let rule: String?

    public init(
        _ code: GRPCCode, _ message: String, reason: String? = nil, side: CallSide = .gateway, rule: String? = nil
    ) {
        self.code = code
        self.message = message
        self.reason = reason
        self.side = side
        self.rule = rule
    }
}
