package import NIOCore

extension FlightRequest {
    /// Reads what the first message of a request asks for, in place and strictly: what is read has one reading.
    ///
    /// An upload whose first message has no descriptor names nothing. Whoever relays it must refuse a descriptor that
    /// comes later; servers differ in whether they look at it.
    ///
    /// - Parameters:
    ///   - rpc: The RPC that is called.
    ///   - firstMessage: The message, not compressed, without its gRPC prefix; nil if the request ended without one.
    /// - Throws: A problem, if parsers could differ about the message. The call is then to be refused as
    ///   INVALID_ARGUMENT, whatever the rules say.
    package static func read(
        _ rpc: FlightRPC, firstMessage: ByteBuffer?
    ) throws(FlightRequestProblem) -> FlightRequest {
        guard let firstMessage else {
            if let message = neededMessage(of: rpc) { throw FlightRequestProblem(message, .missing) }
            return FlightRequest()
        }
        let result = firstMessage.withUnsafeReadableBytes { bytes in
            Result { () throws(FlightRequestProblem) in try read(rpc, bytes) }
        }
        return try result.get()
    }

    /// What an RPC must not be called without. A stream may be empty, and ListActions asks for nothing.
    private static func neededMessage(of rpc: FlightRPC) -> String? {
        switch rpc {
        case .getFlightInfo, .pollFlightInfo, .getSchema: MessageShape.flightDescriptor.name
        case .doGet: MessageShape.ticket.name
        case .doAction: MessageShape.action.name
        case .listFlights: MessageShape.criteria.name
        case .handshake, .doPut, .doExchange, .listActions: nil
        }
    }

    private static func read(
        _ rpc: FlightRPC, _ message: UnsafeRawBufferPointer
    ) throws(FlightRequestProblem) -> FlightRequest {
        var request = FlightRequest()
        switch rpc {
        case .handshake, .listActions: break
        case .getFlightInfo, .pollFlightInfo, .getSchema: try request.readDescriptor(message)
        case .doGet: try request.readTicket(message)
        case .doPut, .doExchange: try request.readUpload(message)
        case .doAction: try request.readAction(message)
        case .listFlights: try request.readCriteria(message)
        }
        return request
    }

    /// What a descriptor asks for.
    static func describing(_ descriptor: UnsafeRawBufferPointer) throws(FlightRequestProblem) -> FlightRequest {
        var request = FlightRequest()
        try request.readDescriptor(descriptor)
        return request
    }

    /// A descriptor must say what it is, and be that alone (Flight.proto, `FlightDescriptor`).
    private mutating func readDescriptor(_ message: UnsafeRawBufferPointer) throws(FlightRequestProblem) {
        let shape = MessageShape.flightDescriptor
        var type: UInt64 = 0
        var command: UnsafeRawBufferPointer?
        var path: [String] = []
        try shape.read(message) { field, value in
            switch field.number {
            case 1: type = value.number
            case 2: command = value.bytes
            default: path.append(value.text)
            }
        }
        guard command == nil || path.isEmpty else { throw FlightRequestProblem(shape.name, .pathAndCommand) }
        switch (type, command) {
        case (1, nil):
            self.path = .present(path)
        case (2, _) where path.isEmpty:
            // A command of no bytes is not written: proto3 does not tell it from none.
            let bytes = command ?? UnsafeRawBufferPointer(start: nil, count: 0)
            self.command = .present([UInt8](bytes))
            sql = try SQLMessage.inCommand(bytes)
        default:
            throw FlightRequestProblem(shape.name, .descriptorType)
        }
    }

    private mutating func readUpload(_ message: UnsafeRawBufferPointer) throws(FlightRequestProblem) {
        var descriptor: UnsafeRawBufferPointer?
        try MessageShape.flightData.read(message) { field, value in
            if field.number == 1 { descriptor = value.bytes }
        }
        if let descriptor { try readDescriptor(descriptor) }
    }

    private mutating func readTicket(_ message: UnsafeRawBufferPointer) throws(FlightRequestProblem) {
        let bytes = try Self.ticket(in: message)
        ticket = .present([UInt8](bytes))
        sql = try SQLMessage.inCommand(bytes)
    }

    private mutating func readCriteria(_ message: UnsafeRawBufferPointer) throws(FlightRequestProblem) {
        var expression: [UInt8] = []
        try MessageShape.criteria.read(message) { _, value in expression = [UInt8](value.bytes) }
        criteria = .present(expression)
    }

    /// The bytes of a Ticket; a message without the field has none.
    static func ticket(in message: UnsafeRawBufferPointer) throws(FlightRequestProblem) -> UnsafeRawBufferPointer {
        var ticket = UnsafeRawBufferPointer(start: nil, count: 0)
        try MessageShape.ticket.read(message) { _, value in ticket = value.bytes }
        return ticket
    }
}
