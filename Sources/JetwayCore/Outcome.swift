public import FlightProtocol
public import NIOCore

/// How a call ended, and what it moved.
public struct Outcome: Sendable, Equatable {
    /// What one direction of a call carried.
    public struct Traffic: Sendable, Equatable {
        /// gRPC messages.
        public var messages = 0
        /// Bytes of DATA, message prefixes included.
        public var bytes = 0
        /// Record batches and their rows; 0 for RPCs that carry none.
        public var batches = 0
        public var rows = 0

        public init() {}
    }

    /// The gRPC status that the caller got; nil if it got none (it went away, or its stream was reset).
    public var status: GRPCCode?
    /// Who ended it.
    public var endedBy: CallSide
    /// Why, where it did not end with the upstream's own status. For the log.
    public var reason: String?
    public var request = Traffic()
    public var response = Traffic()
    public var duration = TimeAmount.zero

    public init(status: GRPCCode?, endedBy: CallSide, reason: String? = nil) {
        self.status = status
        self.endedBy = endedBy
        self.reason = reason
    }
}
