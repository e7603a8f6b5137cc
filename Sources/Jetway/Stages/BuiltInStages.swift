package import JetwayCore
package import NIOCore

/// Puts the gateway's own stages and the users' middleware together.
package enum BuiltInStages {
    /// The pipeline of one event loop.
    ///
    /// - Parameters:
    ///   - authentication: the stage that finds out who calls.
    ///   - accessLog: the stage that tells of calls that have ended; nil: nobody wants to know.
    package static func pipeline(
        on loop: any EventLoop, authentication: any Middleware, accessLog: (any Middleware)?,
        router: any Pipeline.Router, middleware: [PlacedMiddleware]
    ) -> Pipeline {
        var stages: [(stage: BuiltInStage, layer: any Middleware)] = [(.requestID, RequestNumbering(on: loop))]
        if let accessLog { stages.append((.accessLog, accessLog)) }
        stages.append((.authentication, authentication))
        stages.append((.authorization, AllowAll()))
        return Pipeline(stages: stages, router: router, middleware: middleware)
    }
}
