internal import ArrowIPC
internal import FlightProtocol
internal import NIOCore
internal import Synchronization

/// Flights that were put and are kept in memory, up to a limit for all of them.
final class MemoryFlights: Sendable {
    struct Flight: Sendable {
        let schemaMessage: ByteBuffer
        let messages: [FlightData]
        let rows: Int64
        let bodyBytes: Int64
        /// What it holds of the limit, in bytes.
        let held: Int
    }

    private struct State {
        var flights: [FlightName: Flight] = [:]
        var held = 0
    }

    let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: in bytes.
    init(limit: Int) {
        self.limit = limit
    }

    /// Bytes that are held now, those of uploads under way included.
    var held: Int { state.withLock { $0.held } }
    /// All flights by name.
    var all: [FlightName: Flight] { state.withLock { $0.flights } }

    subscript(_ name: FlightName) -> Flight? { state.withLock { $0.flights[name] } }

    /// Takes bytes of the limit, for an upload under way.
    func reserve(_ bytes: Int) throws(FlightError) {
        let fits = state.withLock { state in
            guard bytes <= limit - state.held else { return false }
            state.held += bytes
            return true
        }
        guard fits else {
            throw FlightError(.resourceExhausted, "the memory for flights (\(limit) bytes) is used up")
        }
    }

    /// Gives back what an upload that came to nothing had reserved.
    func release(_ bytes: Int) {
        state.withLock { $0.held -= bytes }
    }

    /// Shows a flight whose bytes are reserved; one of that name is replaced.
    func insert(_ flight: Flight, as name: FlightName) {
        state.withLock { state in
            if let old = state.flights.updateValue(flight, forKey: name) { state.held -= old.held }
        }
    }

    /// - Returns: whether there was one.
    func remove(_ name: FlightName) -> Bool {
        state.withLock { state in
            guard let old = state.flights.removeValue(forKey: name) else { return false }
            state.held -= old.held
            return true
        }
    }
}
