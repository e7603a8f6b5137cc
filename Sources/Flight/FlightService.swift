internal import FlightProtocol
package import NIOCore
package import NIOHPACK

/// What a call brings beside its messages.
package struct FlightContext: Sendable {
    /// The request's header fields.
    package let headers: HPACKHeaders
    /// The client's address.
    package let peer: SocketAddress?
    /// When the client stops waiting. The call's task is cancelled then.
    package let deadline: NIODeadline?
}

/// A Flight service: what a server answers to the ten RPCs (Flight.proto, `FlightService`).
///
/// Each call runs as a task on its connection's event loop: what takes long or blocks belongs elsewhere. The task is
/// cancelled when the client goes away or its deadline passes. An error that is not a `FlightError` is told as INTERNAL
/// without its text. What a service leaves out is answered UNIMPLEMENTED.
package protocol FlightService: Sendable {
    func handshake(
        _ requests: FlightReader<HandshakeRequest>, context: FlightContext,
        into responses: FlightWriter<HandshakeResponse>
    ) async throws
    func listFlights(_ criteria: Criteria, context: FlightContext, into flights: FlightWriter<FlightInfo>) async throws
    func getFlightInfo(_ descriptor: FlightDescriptor, context: FlightContext) async throws -> FlightInfo
    func pollFlightInfo(_ descriptor: FlightDescriptor, context: FlightContext) async throws -> PollInfo
    func getSchema(_ descriptor: FlightDescriptor, context: FlightContext) async throws -> SchemaResult
    func doGet(_ ticket: Ticket, context: FlightContext, into data: FlightWriter<FlightData>) async throws
    func doPut(
        _ data: FlightReader<FlightData>, context: FlightContext, into results: FlightWriter<PutResult>
    ) async throws
    func doExchange(
        _ data: FlightReader<FlightData>, context: FlightContext, into results: FlightWriter<FlightData>
    ) async throws
    func doAction(_ action: Action, context: FlightContext, into results: FlightWriter<ActionResult>) async throws
    func listActions(context: FlightContext, into types: FlightWriter<ActionType>) async throws
}

extension FlightService {
    package func handshake(
        _ requests: FlightReader<HandshakeRequest>, context: FlightContext,
        into responses: FlightWriter<HandshakeResponse>
    ) async throws {
        throw FlightError(.unimplemented, "this service asks for no authentication")
    }

    package func listFlights(
        _ criteria: Criteria, context: FlightContext, into flights: FlightWriter<FlightInfo>
    ) async throws { throw Self.missing(.listFlights) }

    package func getFlightInfo(_ descriptor: FlightDescriptor, context: FlightContext) async throws -> FlightInfo {
        throw Self.missing(.getFlightInfo)
    }

    package func pollFlightInfo(_ descriptor: FlightDescriptor, context: FlightContext) async throws -> PollInfo {
        throw Self.missing(.pollFlightInfo)
    }

    package func getSchema(_ descriptor: FlightDescriptor, context: FlightContext) async throws -> SchemaResult {
        throw Self.missing(.getSchema)
    }

    package func doGet(_ ticket: Ticket, context: FlightContext, into data: FlightWriter<FlightData>) async throws {
        throw Self.missing(.doGet)
    }

    package func doPut(
        _ data: FlightReader<FlightData>, context: FlightContext, into results: FlightWriter<PutResult>
    ) async throws { throw Self.missing(.doPut) }

    package func doExchange(
        _ data: FlightReader<FlightData>, context: FlightContext, into results: FlightWriter<FlightData>
    ) async throws { throw Self.missing(.doExchange) }

    package func doAction(
        _ action: Action, context: FlightContext, into results: FlightWriter<ActionResult>
    ) async throws { throw Self.missing(.doAction) }

    package func listActions(context: FlightContext, into types: FlightWriter<ActionType>) async throws {
        throw Self.missing(.listActions)
    }

    private static func missing(_ rpc: FlightRPC) -> FlightError {
        FlightError(.unimplemented, "this service does not have \(rpc.method)")
    }
}
