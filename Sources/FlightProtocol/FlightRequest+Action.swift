extension FlightRequest {
    /// The actions whose bodies Flight.proto gives a meaning, and that are no Flight SQL.
    private enum KnownAction: String {
        case cancelFlightInfo = "CancelFlightInfo"
        case renewFlightEndpoint = "RenewFlightEndpoint"
        case setSessionOptions = "SetSessionOptions"
        case getSessionOptions = "GetSessionOptions"
        case closeSession = "CloseSession"
    }

    /// Reads an Action: its type, and what the bodies of the actions of Flight and Flight SQL ask for.
    ///
    /// The bytes of any other body may hide SQL, so they are unreadable where SQL is asked for.
    mutating func readAction(_ message: UnsafeRawBufferPointer) throws(FlightRequestProblem) {
        var type = ""
        var body = UnsafeRawBufferPointer(start: nil, count: 0)
        try MessageShape.action.read(message) { field, value in
            if field.number == 1 { type = value.text } else { body = value.bytes }
        }
        action = .present(type)
        // Strings are equal by Unicode's equivalence, which is that of bytes for ASCII alone.
        guard type.utf8.allSatisfy({ $0 < 0x80 }) else {
            sql = body.isEmpty ? .absent : .unreadable
            return
        }
        switch KnownAction(rawValue: type) {
        case .cancelFlightInfo:
            try readInnerTickets { tickets throws(FlightRequestProblem) in try tickets.addCancelled(body) }
        case .renewFlightEndpoint:
            try readInnerTickets { tickets throws(FlightRequestProblem) in try tickets.addRenewed(body) }
        case .setSessionOptions, .getSessionOptions, .closeSession: break
        case nil: try readSQLAction(type, body)
        }
    }

    private mutating func readSQLAction(
        _ type: String, _ body: UnsafeRawBufferPointer
    ) throws(FlightRequestProblem) {
        guard let message = SQLMessage.action(type) else {
            sql = body.isEmpty ? .absent : .unreadable
            return
        }
        guard type == "CancelQuery" else {
            sql = try message.read(any: body)
            return
        }
        // Its meaning is that of the ticket that it ends.
        guard let request = message.value(ofAny: body) else {
            ticket = .unreadable
            sql = .unreadable
            return
        }
        var info = UnsafeRawBufferPointer(start: nil, count: 0)
        try message.shape.read(request) { _, value in info = value.bytes }
        try readInnerTickets { tickets throws(FlightRequestProblem) in try tickets.addInfo(info) }
        if case .present(let asked) = sql {
            sql = .present(SQLRequest(message: message.shape.name, kind: asked.kind))
        } else {
            sql = .present(SQLRequest(message: message.shape.name, kind: .maybeWrite))
        }
    }

    private mutating func readInnerTickets(
        _ add: (inout InnerTickets) throws(FlightRequestProblem) -> Void
    ) throws(FlightRequestProblem) {
        var tickets = InnerTickets()
        try add(&tickets)
        ticket = tickets.ticket
        sql = tickets.sql
    }
}

/// The tickets in the body of an action: what it is about.
///
/// A rule looks at one ticket, so several different ones cannot be told; neither can none at all, because a server may
/// then go by something else that it wrote into the FlightInfo.
private struct InnerTickets {
    private(set) var sql = FlightRequest.Part<SQLRequest>.unreadable
    private var first: UnsafeRawBufferPointer?
    private var areEqual = true

    var ticket: FlightRequest.Part<[UInt8]> {
        guard areEqual, let first else { return .unreadable }
        return .present([UInt8](first))
    }

    /// `CancelFlightInfoRequest`, bare (Flight.proto).
    mutating func addCancelled(_ body: UnsafeRawBufferPointer) throws(FlightRequestProblem) {
        var info: UnsafeRawBufferPointer?
        try MessageShape.cancelFlightInfoRequest.read(body) { _, value in info = value.bytes }
        if let info { try addInfo(info) }
    }

    /// `RenewFlightEndpointRequest`, bare (Flight.proto).
    mutating func addRenewed(_ body: UnsafeRawBufferPointer) throws(FlightRequestProblem) {
        var endpoint: UnsafeRawBufferPointer?
        try MessageShape.renewFlightEndpointRequest.read(body) { _, value in endpoint = value.bytes }
        if let endpoint { try addEndpoint(endpoint) }
    }

    mutating func addInfo(_ info: UnsafeRawBufferPointer) throws(FlightRequestProblem) {
        try MessageShape.flightInfo.read(info) { field, value throws(FlightRequestProblem) in
            if field.number == 3 { try addEndpoint(value.bytes) }
        }
    }

    private mutating func addEndpoint(_ endpoint: UnsafeRawBufferPointer) throws(FlightRequestProblem) {
        var message = UnsafeRawBufferPointer(start: nil, count: 0)
        try MessageShape.flightEndpoint.read(endpoint) { field, value in
            if field.number == 1 { message = value.bytes }
        }
        let ticket = try FlightRequest.ticket(in: message)
        guard let first else {
            first = ticket
            sql = try SQLMessage.inCommand(ticket)
            return
        }
        guard !first.elementsEqual(ticket) else { return }
        areEqual = false
        if try SQLMessage.inCommand(ticket) != sql { sql = .unreadable }
    }
}
