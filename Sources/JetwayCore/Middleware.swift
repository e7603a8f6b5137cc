internal import FlightProtocol

/// What a call is handed to: a middleware with everything behind it, or the relay at the end.
public protocol CallHandler: Sendable {
    /// Runs the call to its end.
    ///
    /// - Throws: the reason why the gateway refuses the call. Nothing of it has reached an upstream then.
    func handle(_ call: Call) async throws(Rejection) -> Outcome
}

/// One stage of the pipeline: it wraps the call, never the bytes.
///
/// A stage decides before it calls `next`, at most once, and sees the outcome when that returns. It runs on the call's own
/// event loop; a stage that awaits nothing costs no suspension, and one that blocks stops every other call of the loop.
///
/// ```swift
/// struct RequireTeam: Middleware {
///     func handle(_ call: Call, next: some CallHandler) async throws(Rejection) -> Outcome {
///         guard let team = call.headers.first(name: "x-team") else {
///             throw Rejection(.invalidArgument, "the field x-team is missing")
///         }
///         call.addResponseField("x-served-for", team)
///         let outcome = try await next.handle(call)
///         print(call.path, outcome.status as Any)
///         return outcome
///     }
/// }
/// ```
public protocol Middleware: Sendable {
    func handle(_ call: Call, next: some CallHandler) async throws(Rejection) -> Outcome
}

/// A middleware and what lies behind it. A pipeline is these, nested, composed once at the start.
package struct Stage<Layer: Middleware, Next: CallHandler>: CallHandler {
    private let layer: Layer
    private let next: Next

    package init(_ layer: Layer, before next: Next) {
        self.layer = layer
        self.next = next
    }

    package func handle(_ call: Call) async throws(Rejection) -> Outcome {
        try await layer.handle(call, next: next)
    }
}

/// The end of every pipeline: the relay.
package struct Relaying: CallHandler {
    package init() {}

    package func handle(_ call: Call) async throws(Rejection) -> Outcome {
        guard let target = call.target else { throw Rejection(.notFound, "no route for this call") }
        guard let permit = call.permit else { throw Rejection(.permissionDenied, "the call is not permitted") }
        return await withUnsafeContinuation { continuation in
            call.exchange.relay(call, to: target, permit: permit) { continuation.resume(returning: $0) }
        }
    }
}

/// Routing and permission of a transparent gateway with one upstream: everything may go there, as it came.
package struct SingleUpstreamRoute: Middleware {
    package init() {}

    package func handle(_ call: Call, next: some CallHandler) async throws(Rejection) -> Outcome {
        call.target = Target(upstream: 0)
        call.permit = .transparent()
        call.credentials = .passThrough
        return try await next.handle(call)
    }
}
