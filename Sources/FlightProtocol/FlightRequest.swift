/// What a request asks for, as far as its first message tells: what rules and routes decide by.
package struct FlightRequest: Sendable, Equatable {
    /// Something that an RPC may have.
    package enum Part<Value: Sendable & Equatable>: Sendable, Equatable {
        /// The RPC has no such thing.
        case absent
        /// It is there, and what it says cannot be told.
        case unreadable
        case present(Value)
    }

    /// The path of a descriptor.
    package var path = Part<[String]>.absent
    /// The command of a descriptor, as the bytes that it is.
    package var command = Part<[UInt8]>.absent
    /// The inner ticket, as the bytes that it is.
    package var ticket = Part<[UInt8]>.absent
    /// The type of an action.
    package var action = Part<String>.absent
    /// The criteria of ListFlights; empty ones are present.
    package var criteria = Part<[UInt8]>.absent
    /// What Flight SQL is asked, in a command, a ticket or an action's body.
    package var sql = Part<SQLRequest>.absent

    package init() {}
}

/// What a message of Flight SQL asks for.
package struct SQLRequest: Sendable, Equatable {
    /// The message's name without its package, such as `CommandStatementQuery`.
    package var message: String
    package var kind: SQLKind
    /// What it names, of messages that name something: a table to be filled, a table to be described.
    package var catalog: String?
    package var schema: String?
    package var table: String?
    /// The mode of an ingestion, such as `append`.
    package var mode: String?

    package init(message: String, kind: SQLKind) {
        self.message = message
        self.kind = kind
    }
}

/// What a call of Flight SQL does, as rules name it.
package enum SQLKind: String, Sendable, CaseIterable {
    /// One statement that only reads, by a closed list of first keywords, without a writing keyword.
    case read
    /// It may write: nobody can tell.
    case maybeWrite = "write?"
    case write
    /// What the server has and can do.
    case metadata
    case transaction
    /// Prepared statements whose text is not in the message.
    case prepared
}
