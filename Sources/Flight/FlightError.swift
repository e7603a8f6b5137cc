package import FlightProtocol

/// A call that did not end OK: the gRPC code and a text for whoever made it.
package struct FlightError: Error, Equatable, Sendable, CustomStringConvertible {
    package let code: GRPCCode
    package let message: String

    /// - Parameter message: goes to the other side as it is: no secrets, no details of this machine.
    package init(_ code: GRPCCode, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { "\(code): \(message)" }

    /// What the other side is told of any error: those that are not meant for it stay here.
    init(telling error: any Error) {
        switch error {
        case let error as FlightError: self = error
        case is CancellationError: self.init(.cancelled, "the call was cancelled")
        default: self.init(.internal, "the server failed")
        }
    }
}
