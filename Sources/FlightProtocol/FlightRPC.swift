/// The ten RPCs of Arrow Flight (Flight.proto, `FlightService`).
public enum FlightRPC: String, Sendable, CaseIterable {
    case handshake = "Handshake"
    case listFlights = "ListFlights"
    case getFlightInfo = "GetFlightInfo"
    case pollFlightInfo = "PollFlightInfo"
    case getSchema = "GetSchema"
    case doGet = "DoGet"
    case doPut = "DoPut"
    case doExchange = "DoExchange"
    case doAction = "DoAction"
    case listActions = "ListActions"

    /// Whether each side sends one message or a stream of them.
    package enum Streaming: Sendable {
        /// One request, one response.
        case unary
        /// One request, any number of responses.
        case serverStreaming
        /// Any number of both.
        case bidirectional
    }

    /// The full name of the service.
    package static let service = "arrow.flight.protocol.FlightService"

    /// The RPC that `path` names, or nil if it is a method of another service, or none of Flight's.
    package init?(path: RPCPath) {
        guard path.service == Self.service else { return nil }
        self.init(rawValue: String(path.method))
    }

    /// The gRPC `:path`.
    package var path: String { "/\(Self.service)/\(rawValue)" }

    /// The name of the method.
    public var method: String { rawValue }

    /// The RPC's place among all, from 0.
    package var index: Int {
        switch self {
        case .handshake: 0
        case .listFlights: 1
        case .getFlightInfo: 2
        case .pollFlightInfo: 3
        case .getSchema: 4
        case .doGet: 5
        case .doPut: 6
        case .doExchange: 7
        case .doAction: 8
        case .listActions: 9
        }
    }

    package var streaming: Streaming {
        switch self {
        case .handshake, .doPut, .doExchange: .bidirectional
        case .listFlights, .doGet, .doAction, .listActions: .serverStreaming
        case .getFlightInfo, .pollFlightInfo, .getSchema: .unary
        }
    }

    /// Whether the client may send more than one message.
    package var streamsRequests: Bool { streaming == .bidirectional }

    /// Whether the server may send more than one message.
    package var streamsResponses: Bool { streaming != .unary }

    /// Whether the call may change what the server holds. An action may do anything, so it counts as one that does.
    package var writes: Bool {
        switch self {
        case .doPut, .doExchange, .doAction: true
        case .handshake, .listFlights, .getFlightInfo, .pollFlightInfo, .getSchema, .doGet, .listActions: false
        }
    }

    /// Whether the request direction carries FlightData.
    package var sendsFlightData: Bool { self == .doPut || self == .doExchange }

    /// Whether the response direction carries FlightData.
    package var receivesFlightData: Bool { self == .doGet || self == .doExchange }
}
