package import NIOHPACK

/// What the stages of the pipeline want changed in a call's header fields.
///
/// Plain additions cost little: a header list that repeats from call to call stays as it was written, and they are put
/// behind it. Hooks see the whole list and cost a new one for each call.
///
/// An object that only a call with edits has: most have none. Confined to the call's event loop.
package final class CallEdits {
    package typealias Hook = (inout HPACKHeaders) -> Void

    /// Fields that are put behind the request's head on its way to the upstream.
    package var requestFields = HPACKHeaders()
    /// Fields that are put behind the response's head, or behind a trailers-only response.
    package var responseFields = HPACKHeaders()
    /// Fields that are put behind the trailers, or behind a trailers-only response.
    package var trailerFields = HPACKHeaders()
    /// In the order in which they run.
    package var requestHooks: [Hook] = []
    package var responseHooks: [Hook] = []
    package var trailerHooks: [Hook] = []

    package init() {}

    package var changesTrailers: Bool { !trailerFields.isEmpty || !trailerHooks.isEmpty }

    /// A response's head with its hooks and additions.
    package func responseHead(_ fields: HPACKHeaders) -> HPACKHeaders {
        Self.apply(responseHooks, then: responseFields, to: fields)
    }

    /// Trailers with their hooks and additions.
    package func trailers(_ fields: HPACKHeaders) -> HPACKHeaders {
        Self.apply(trailerHooks, then: trailerFields, to: fields)
    }

    /// A trailers-only response: it is head and trailers in one.
    package func trailersOnly(_ fields: HPACKHeaders) -> HPACKHeaders {
        trailers(responseHead(fields))
    }

    private static func apply(_ hooks: [Hook], then additions: HPACKHeaders, to fields: HPACKHeaders) -> HPACKHeaders {
        var fields = fields
        for hook in hooks { hook(&fields) }
        for (name, value, indexing) in additions { fields.add(name: name, value: value, indexing: indexing) }
        return fields
    }
}

@available(*, unavailable)
extension CallEdits: Sendable {}
