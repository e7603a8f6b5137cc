internal import FlightProtocol
internal import NIOHPACK

extension CallSelector {
    /// The parts of a request that the resource selectors are about.
    var parts: [RequestPart] {
        let given: [(RequestPart, Bool)] = [
            (.path, paths != nil), (.command, commands != nil), (.ticket, tickets != nil), (.action, actions != nil),
            (.criteria, criteria != nil), (.sql, sql != nil),
        ]
        return given.filter(\.1).map(\.0)
    }

    /// The resource selectors. A part that is unreadable is one of a rule that denies.
    func resources(effect: RuleEffect) -> [Fact] {
        var found = (paths ?? []).map(Fact.path)
        found += (commands ?? []).map { .begins(.command, $0) }
        found += (tickets ?? []).map { .begins(.ticket, $0) }
        found += (actions ?? []).map(Fact.action)
        found += (criteria ?? []).map { .begins(.criteria, $0) }
        found += (sql ?? []).map(\.fact)
        guard effect == .deny else { return found }
        return found + (sql ?? []).compactMap(\.uncertainFact) + parts.map(Fact.unreadable)
    }
}

extension SQLSelector {
    var fact: Fact {
        switch self {
        case .kind(let kind): .sqlKind(kind)
        case .message(let message): .sqlMessage(message)
        case .target(let target): .sqlTarget(target)
        }
    }

    /// That it may be so, where that is a fact of its own.
    var uncertainFact: Fact? {
        switch self {
        case .kind(let kind): .sqlMayBe(kind)
        case .message: nil
        case .target(let target): .sqlMayHaveTarget(target)
        }
    }

    fileprivate func certainty(for request: SQLRequest) -> Certainty {
        switch self {
        case .kind(let kind):
            if request.kind == kind { .yes } else { request.mayBe.contains(kind) ? .maybe : .no }
        case .message(let message): request.message == message ? .yes : .no
        case .target(let target): target.certainty(for: request)
        }
    }
}

extension SQLTarget {
    /// Whether a message of Flight SQL is done to that. What its text names cannot be told.
    func certainty(for request: SQLRequest) -> Certainty {
        var certainty = Certainty.yes
        if let of { certainty = of.map { $0.certainty(for: request) }.max() ?? .no }
        let hidden: Certainty = request.hidesTargets ? .maybe : .no
        for (patterns, value) in [(catalog, request.catalog), (schema, request.schema), (table, request.table)] {
            guard let patterns else { continue }
            guard let value else {
                certainty = min(certainty, hidden)
                continue
            }
            if !patterns.contains(where: { $0.matches(value) }) { return .no }
        }
        if let mode, !mode.contains(where: { pattern in request.mode.map(pattern.matches) ?? false }) { return .no }
        return certainty
    }
}

extension SQLRequest {
    /// Other kinds that the message may be of: what is only known as doubtful, and handles of statements that nobody
    /// knows.
    var mayBe: [SQLKind] {
        switch kind {
        case .maybeWrite: [.read, .write]
        case .prepared: message == "ActionClosePreparedStatementRequest" ? [] : [.read, .write]
        case .read, .write, .metadata, .transaction: []
        }
    }

    /// Whether what it is done to stands in a text, or is the server's default.
    var hidesTargets: Bool {
        switch kind {
        case .read, .maybeWrite, .write, .prepared: true
        case .metadata, .transaction: false
        }
    }
}

extension CallSelector.Header {
    /// A field that comes several times matches for certain only with all of its values.
    func certainty(for headers: HPACKHeaders) -> Certainty {
        var matching = 0
        var others = 0
        for field in headers where HeaderName.isSame(field.name, name) {
            if values.contains(where: { $0.matches(field.value) }) { matching += 1 } else { others += 1 }
        }
        if matching == 0 { return .no }
        return others == 0 ? .yes : .maybe
    }
}
