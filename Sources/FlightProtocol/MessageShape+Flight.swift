/// The messages of Flight.proto that a request begins with or that an action's body holds.
extension MessageShape {
    static let flightDescriptor = Self(
        "FlightDescriptor", .one(1, "type", .number), .one(2, "cmd", .bytes), .many(3, "path", .text))
    static let flightData = Self(
        "FlightData", .one(1, "flight_descriptor", .part), .one(2, "data_header", .bytes),
        .one(3, "app_metadata", .bytes), .one(1000, "data_body", .bytes))
    static let ticket = Self("Ticket", .one(1, "ticket", .bytes))
    static let criteria = Self("Criteria", .one(1, "expression", .bytes))
    static let actionType = Self("ActionType", .one(1, "type", .text), .one(2, "description", .text))
    static let action = Self("Action", .one(1, "type", .text), .one(2, "body", .bytes))

    static let timestamp = Self("Timestamp", .one(1, "seconds", .number), .one(2, "nanos", .number))
    static let location = Self("Location", .one(1, "uri", .text))
    static let flightEndpoint = Self(
        "FlightEndpoint", .one(1, "ticket", .part), .many(2, "location", .message(location)),
        .one(3, "expiration_time", .message(timestamp)), .one(4, "app_metadata", .bytes))
    static let flightInfo = Self(
        "FlightInfo", .one(1, "schema", .bytes), .one(2, "flight_descriptor", .message(flightDescriptor)),
        .many(3, "endpoint", .part), .one(4, "total_records", .number), .one(5, "total_bytes", .number),
        .one(6, "ordered", .number), .one(7, "app_metadata", .bytes))
    static let cancelFlightInfoRequest = Self("CancelFlightInfoRequest", .one(1, "info", .part))
    static let renewFlightEndpointRequest = Self("RenewFlightEndpointRequest", .one(1, "endpoint", .part))

    /// `google.protobuf.Any` (any.proto).
    static let any = Self("Any", .one(1, "type_url", .text), .one(2, "value", .bytes))
}
