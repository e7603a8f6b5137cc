internal import FlightProtocol
package import NIOCore

/// Watches what one call moves, and says when it must slow down or end. Only calls with limits have one.
///
/// Confined to the call's event loop; what it counts for a caller or for the whole process is shared by its own means.
package protocol CallGovernor: AnyObject {
    /// A message has passed whole. A rejection ends the call behind it, with that status.
    func passed(_ direction: CallDirection, bytes: Int, rows: Int) -> Rejection?

    /// A message begins whose prefix says how long it is. A rejection ends the call before it.
    func begins(_ direction: CallDirection, length: Int) -> Rejection?

    /// Bytes have left for their receiver. How long the sender has to wait for the credit to send as many again; zero: not at
    /// all.
    func pace(_ direction: CallDirection, bytes: Int, now: NIODeadline) -> TimeAmount

    /// The call has ended. May be told more than once.
    func ended()
}

/// Ends a call with a second message of its request: it was let through for the first.
package final class OneRequestGovernor: CallGovernor {
    private var requests = 0

    package init() {}

    package func begins(_ direction: CallDirection, length: Int) -> Rejection? {
        guard direction == .request else { return nil }
        requests += 1
        return requests > 1 ? Rejection(.invalidArgument, "the RPC takes one message") : nil
    }

    package func passed(_ direction: CallDirection, bytes: Int, rows: Int) -> Rejection? { nil }
    package func pace(_ direction: CallDirection, bytes: Int, now: NIODeadline) -> TimeAmount { .zero }
    package func ended() {}
}

@available(*, unavailable)
extension OneRequestGovernor: Sendable {}

/// Which way something of a call goes.
package enum CallDirection: Sendable {
    case request
    case response
}

/// Decides of each message of a response whether the caller gets it: of flights that are listed, and of action types.
package protocol ResponseFilter: AnyObject {
    /// The longest message that is taken, in bytes.
    var messageLimit: Int { get }
    /// Whether the caller gets a message. A rejection ends the call.
    func passes(_ message: ByteBuffer) throws(Rejection) -> Bool
}
