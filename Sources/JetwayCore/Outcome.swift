package import FlightProtocol
package import NIOCore

/// How a call ended, and what it moved.
package struct Outcome: Sendable, Equatable {
    /// What one direction of a call carried.
    package struct Traffic: Sendable, Equatable {
        /// gRPC messages.
        package var messages = 0
        /// Bytes of DATA, message prefixes included.
        package var bytes = 0
        /// Record batches and their rows; 0 for RPCs that carry none.
        package var batches = 0
        package var rows = 0

        package init() {}
    }

    /// The gRPC status that the caller got; nil if it got none (it went away, or its stream was reset).
    package var status: GRPCCode?
    /// Who ended it.
    package var endedBy: CallSide
    /// Why, where it did not end with the upstream's own status. For the log.
    package var reason: String?
    package var request = Traffic()
    package var response = Traffic()
    package var duration = TimeAmount.zero

    package init(status: GRPCCode?, endedBy: CallSide, reason: String? = nil) {
        self.status = status
        self.endedBy = endedBy
        self.reason = reason
    }
}
