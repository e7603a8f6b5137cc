internal import FlightProtocol
internal import JetwayCore
internal import JetwayHTTP2

/// What a caller is told when an upstream fails: the one table of it.
///
/// Before the response's head: a trailers-only response with a status. Behind it: the same reset, or UNAVAILABLE in
/// trailers where the connection was lost between two messages.
enum FailureMap {
    static let missingStatus = Rejection(.unknown, "the upstream's answer ended without a status", side: .upstream)
    static let shortMessage = Rejection(.internal, "the upstream's answer ended inside a message", side: .upstream)

    static let deadline = Rejection(.deadlineExceeded, "the deadline of the call has passed")

    static func noConnection(reason: String) -> Rejection {
        Rejection(.unavailable, "the upstream cannot be reached", reason: reason, side: .upstream)
    }

    static func noLogin(reason: String) -> Rejection {
        Rejection(.unavailable, "the upstream does not take the gateway's login", reason: reason, side: .upstream)
    }

    /// Nothing of the response went to the client yet.
    static func rejection(beforeHead closure: StreamClosure) -> Rejection {
        let reason = text(closure)
        switch closure {
        case .reset(let code):
            return Rejection(
                GRPCCode(resetCode: code.rawValue), "the upstream reset the call", reason: reason, side: .upstream)
        case .fault:
            return Rejection(.internal, "the upstream broke the protocol", reason: reason, side: .upstream)
        case .unprocessed:
            return Rejection(.unavailable, "the upstream is going away", reason: reason, side: .upstream)
        case .connectionLost:
            return Rejection(.unavailable, "the connection to the upstream was lost", reason: reason, side: .upstream)
        case .limit(.headerListBytes):
            return Rejection(
                .resourceExhausted, "the upstream's header fields are too large", reason: reason, side: .upstream)
        case .limit:
            return Rejection(.unavailable, "the upstream's answer passed a limit", reason: reason, side: .upstream)
        }
    }

    /// The response had begun: the code of the reset that the client gets, or nil where a status still can be told.
    static func resetCode(afterHead closure: StreamClosure) -> HTTP2ErrorCode? {
        switch closure {
        // These two would tell the client something about its own stream that is not so.
        case .reset(.refusedStream), .reset(.noError): .internalError
        case .reset(let code): code
        case .fault: .internalError
        case .unprocessed, .connectionLost, .limit: nil
        }
    }

    /// For the log.
    static func text(_ closure: StreamClosure) -> String {
        switch closure {
        case .reset(let code): "reset with \(code)"
        case .fault(let code): "broke the protocol: \(code)"
        case .unprocessed: "GOAWAY before the call was processed"
        case .limit(let name): "limit passed: \(name.rawValue)"
        case .connectionLost(let reason): reason
        }
    }
}
