public import FlightProtocol

/// The gateway's own stages, in the order in which a call passes them.
public enum BuiltInStage: String, Sendable, CaseIterable, Comparable {
    /// Gives the call its number.
    case requestID
    /// Writes a line when the call has ended, and counts it.
    case accessLog
    /// Finds out who calls, and answers logins.
    case authentication
    /// Decides whether the call may go on.
    case authorization
    /// Decides where it goes. Behind it is the relay.
    case routing

    public static func < (left: BuiltInStage, right: BuiltInStage) -> Bool {
        allCases.firstIndex(of: left) ?? 0 < allCases.firstIndex(of: right) ?? 0
    }
}

/// A middleware with its place among the built-in stages, and the calls that it is for.
public struct PlacedMiddleware: Sendable {
    /// Where a middleware stands. Several with the same place stand in the order in which they were given.
    public enum Place: Sendable, Hashable {
        case before(BuiltInStage)
        case after(BuiltInStage)
    }

    let middleware: any Middleware
    var place: Place
    /// nil: all RPCs, and methods of other services.
    var rpcs: Set<FlightRPC>?
    /// nil: all routes.
    var routes: Set<String>?

    init(_ middleware: any Middleware) {
        self.middleware = middleware
        place = .before(.routing)
    }

    /// A middleware whose type is known at run time only.
    package static func of(_ middleware: any Middleware) -> PlacedMiddleware { PlacedMiddleware(middleware) }

    /// Puts it elsewhere than before routing.
    public func placed(_ place: Place) -> PlacedMiddleware {
        var placed = self
        placed.place = place
        return placed
    }

    /// Leaves out all calls but those of some RPCs.
    public func only(for rpcs: FlightRPC...) -> PlacedMiddleware {
        var placed = self
        placed.rpcs = Set(rpcs)
        return placed
    }

    /// Leaves out all calls but those of some routes, by the routes' names. It then stands behind routing.
    public func only(forRoutes routes: String...) -> PlacedMiddleware {
        var placed = self
        placed.routes = Set(routes)
        placed.place = .after(.routing)
        return placed
    }
}

extension Middleware {
    /// Puts it elsewhere than before routing.
    public func placed(_ place: PlacedMiddleware.Place) -> PlacedMiddleware { PlacedMiddleware(self).placed(place) }

    /// Leaves out all calls but those of some RPCs.
    public func only(for rpcs: FlightRPC...) -> PlacedMiddleware {
        var placed = PlacedMiddleware(self)
        placed.rpcs = Set(rpcs)
        return placed
    }

    /// Leaves out all calls but those of some routes, by the routes' names. It then stands behind routing.
    public func only(forRoutes routes: String...) -> PlacedMiddleware {
        var placed = PlacedMiddleware(self)
        placed.routes = Set(routes)
        placed.place = .after(.routing)
        return placed
    }
}

/// Lists middleware: `Gateway(configuration: …) { MyMiddleware(); Another().placed(.after(.authentication)) }`.
@resultBuilder
public enum MiddlewareBuilder {
    public static func buildExpression(_ middleware: some Middleware) -> [PlacedMiddleware] {
        [PlacedMiddleware(middleware)]
    }
    public static func buildExpression(_ placed: PlacedMiddleware) -> [PlacedMiddleware] { [placed] }
    public static func buildBlock(_ parts: [PlacedMiddleware]...) -> [PlacedMiddleware] { parts.flatMap(\.self) }
    public static func buildOptional(_ part: [PlacedMiddleware]?) -> [PlacedMiddleware] { part ?? [] }
    public static func buildEither(first: [PlacedMiddleware]) -> [PlacedMiddleware] { first }
    public static func buildEither(second: [PlacedMiddleware]) -> [PlacedMiddleware] { second }
    public static func buildArray(_ parts: [[PlacedMiddleware]]) -> [PlacedMiddleware] { parts.flatMap(\.self) }
}

/// The pipelines of one event loop and one configuration: one for each RPC, with the stages that are for it and no others.
///
/// A call meets no test whether a stage is for it, and no list: each pipeline is one value of nested generics.
package struct Pipeline: Sendable {
    /// Decides where a call goes.
    package protocol Router: Sendable {
        /// The routes' names, in order.
        var routes: [String] { get }
        /// Sets the call's target and returns its route's place in `routes`.
        func route(_ call: Call) async throws(Rejection) -> Int
    }

    private let byRPC: [any CallHandler]
    private let other: any CallHandler

    /// The same for every call.
    package init(_ handler: any CallHandler) {
        byRPC = FlightRPC.allCases.map { _ in handler }
        other = handler
    }

    /// - Parameters:
    ///   - stages: the built-in stages before routing.
    ///   - middleware: the users'.
    package init(
        stages: [(stage: BuiltInStage, layer: any Middleware)], router: any Router, middleware: [PlacedMiddleware],
        end: any CallHandler = Relaying()
    ) {
        func compose(_ rpc: FlightRPC?) -> any CallHandler {
            let own = middleware.filter { placed in
                guard let rpcs = placed.rpcs else { return true }
                return rpc.map(rpcs.contains) ?? false
            }
            let tails = router.routes.map { route in
                Self.wrap(
                    own.filter { $0.place == .after(.routing) && ($0.routes?.contains(route) ?? true) }
                        .map(\.middleware), around: end)
            }
            var layers: [any Middleware] = []
            for stage in BuiltInStage.allCases {
                layers += own.filter { $0.place == .before(stage) }.map(\.middleware)
                guard stage != .routing else { break }
                layers += stages.filter { $0.stage == stage }.map(\.layer)
                layers += own.filter { $0.place == .after(stage) }.map(\.middleware)
            }
            return Self.wrap(layers, around: Routing(router: router, tails: tails))
        }
        byRPC = FlightRPC.allCases.map { compose($0) }
        other = compose(nil)
    }

    /// The handler of an RPC's calls; nil: of a method of another service.
    package subscript(rpc: FlightRPC?) -> any CallHandler {
        guard let rpc else { return other }
        return byRPC[rpc.index]
    }

    private static func wrap(_ layers: [any Middleware], around end: any CallHandler) -> any CallHandler {
        func wrap(_ layer: some Middleware, _ next: some CallHandler) -> any CallHandler { Stage(layer, before: next) }
        var handler = end
        for layer in layers.reversed() { handler = wrap(layer, handler) }
        return handler
    }

    /// The fork behind routing: what follows is one pipeline for each route.
    private struct Routing: CallHandler {
        let router: any Router
        let tails: [any CallHandler]

        func handle(_ call: Call) async throws(Rejection) -> Outcome {
            let route = try await router.route(call)
            guard tails.indices.contains(route) else { throw Rejection(.notFound, "no route for this call") }
            return try await tails[route].handle(call)
        }
    }
}
