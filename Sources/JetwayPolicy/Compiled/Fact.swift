internal import FlightProtocol
internal import JetwayCore

/// The parts of a request that rules select by.
enum RequestPart: Int, Sendable, CaseIterable {
    case path, command, ticket, action, criteria, sql

    /// The RPCs that can have the part, also by what a sealed ticket says that it is for: a ticket, a descriptor to
    /// poll, and the bodies of CancelFlightInfo and RenewFlightEndpoint.
    var rpcs: [FlightRPC] {
        switch self {
        case .path, .command, .sql:
            [.getFlightInfo, .pollFlightInfo, .getSchema, .doGet, .doPut, .doExchange, .doAction]
        case .ticket: [.doGet, .pollFlightInfo, .doAction]
        case .action: [.doAction]
        case .criteria: [.listFlights]
        }
    }
}

/// Something that is true of a call, or is not. Rules are made of facts; a call is the set of those that are true of
/// it.
enum Fact: Sendable, Hashable {
    case rpc(FlightRPC)
    /// One of Flight's own RPCs.
    case flight
    /// A selector of methods of other services.
    case service(String)
    case writes(Certainty)
    case subject(TextPattern)
    case group(String)
    case tenant(TextPattern)
    case method(Principal.Method)
    case claim(ClaimSource, TextPattern)
    case network(IPNetwork)
    /// The part is there and what it says cannot be told.
    case unreadable(RequestPart)
    case path(PathPattern)
    /// What a ticket, a command or criteria begin with.
    case begins(RequestPart, [UInt8])
    case action(TextPattern)
    case sqlKind(SQLKind)
    /// It may be of the kind: nobody can tell.
    case sqlMayBe(SQLKind)
    case sqlMessage(String)
    case sqlTarget(SQLTarget)
    case sqlMayHaveTarget(SQLTarget)
    case scheme(String)
}

/// Whether something holds, as far as can be told.
package enum Certainty: Sendable, Hashable, Comparable {
    case no
    case maybe
    case yes
}

/// Numbers for facts, each fact one.
struct FactNumbers {
    private(set) var facts: [Fact] = []
    private var numbers: [Fact: UInt32] = [:]

    mutating func number(of fact: Fact) -> UInt32 {
        if let number = numbers[fact] { return number }
        let number = UInt32(facts.count)
        facts.append(fact)
        numbers[fact] = number
        return number
    }

    func known(_ fact: Fact) -> UInt32? { numbers[fact] }
}
