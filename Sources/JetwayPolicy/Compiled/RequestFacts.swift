internal import FlightProtocol

/// Finds the facts that are true of what a request asks for.
struct RequestFacts: Sendable {
    private let paths: PathTrie
    private let tickets: PrefixTable
    private let commands: PrefixTable
    private let criteria: PrefixTable
    private let actions: TextIndex
    private let sqlMessages: TextIndex
    private let sqlKinds: [SQLKind: UInt32]
    private let sqlMayBe: [SQLKind: UInt32]
    /// Each with the facts that it is so, and that it may be so.
    private let targets: [(target: SQLTarget, certain: UInt32?, uncertain: UInt32?)]
    /// By the part.
    private let unreadable: [UInt32?]
    private let asksForSQL: Bool

    init(_ numbers: FactNumbers) {
        func numbered<T>(_ body: (Fact) -> T?) -> [(T, UInt32)] {
            numbers.facts.enumerated().compactMap { number, fact in body(fact).map { ($0, UInt32(number)) } }
        }
        func prefixes(_ part: RequestPart) -> PrefixTable {
            PrefixTable(
                numbered { if case .begins(part, let bytes) = $0 { bytes } else { nil } }.map { ($0.0, $0.1) })
        }
        paths = PathTrie(numbered { if case .path(let pattern) = $0 { pattern } else { nil } })
        tickets = prefixes(.ticket)
        commands = prefixes(.command)
        criteria = prefixes(.criteria)
        actions = TextIndex(numbered { if case .action(let pattern) = $0 { pattern } else { nil } })
        sqlMessages = TextIndex(
            numbered { fact in
                guard case .sqlMessage(let message) = fact else { return nil }
                return TextPattern(bytes: Array(message.utf8), isPrefix: false)
            })
        sqlKinds = Dictionary(
            uniqueKeysWithValues: numbered { if case .sqlKind(let kind) = $0 { kind } else { nil } })
        sqlMayBe = Dictionary(
            uniqueKeysWithValues: numbered { if case .sqlMayBe(let kind) = $0 { kind } else { nil } })
        let found = numbered { fact -> SQLTarget? in
            switch fact {
            case .sqlTarget(let target), .sqlMayHaveTarget(let target): target
            default: nil
            }
        }
        targets = Set(found.map(\.0)).map {
            ($0, numbers.known(.sqlTarget($0)), numbers.known(.sqlMayHaveTarget($0)))
        }
        unreadable = RequestPart.allCases.map { numbers.known(.unreadable($0)) }
        asksForSQL = !sqlMessages.isEmpty || !sqlKinds.isEmpty || !sqlMayBe.isEmpty || !targets.isEmpty
    }

    func add(_ question: PolicyQuestion, to facts: inout FactSet) {
        guard let request = question.request else {
            guard let rpc = question.rpc else { return }
            for part in RequestPart.allCases where part.rpcs.contains(rpc) { facts.insert(unreadable[part.rawValue]) }
            return
        }
        switch request.path {
        case .absent: break
        case .unreadable: facts.insert(unreadable[RequestPart.path.rawValue])
        case .present(let path): addPath(path, to: &facts)
        }
        add(request.ticket, .ticket, tickets, to: &facts)
        add(request.command, .command, commands, to: &facts)
        add(request.criteria, .criteria, criteria, to: &facts)
        switch request.action {
        case .absent: break
        case .unreadable: facts.insert(unreadable[RequestPart.action.rawValue])
        case .present(let action): actions.forEachMatch(of: action) { facts.insert($0) }
        }
        switch request.sql {
        case .absent: break
        case .unreadable: facts.insert(unreadable[RequestPart.sql.rawValue])
        case .present(let sql): if asksForSQL { addSQL(sql, to: &facts) }
        }
    }

    private func addPath(_ path: [String], to facts: inout FactSet) {
        guard !paths.isEmpty else { return }
        let count = facts.numbers.count
        if !paths.forEachMatch(of: path, { facts.insert($0) }) {
            assert(facts.numbers.count == count)
            facts.insert(unreadable[RequestPart.path.rawValue])
        }
    }

    private func add(
        _ value: FlightRequest.Part<[UInt8]>, _ part: RequestPart, _ prefixes: PrefixTable, to facts: inout FactSet
    ) {
        switch value {
        case .absent: break
        case .unreadable: facts.insert(unreadable[part.rawValue])
        case .present(let bytes): bytes.withUnsafeBytes { prefixes.forEachPrefix(of: $0) { facts.insert($0) } }
        }
    }

    private func addSQL(_ sql: SQLRequest, to facts: inout FactSet) {
        facts.insert(sqlKinds[sql.kind])
        for kind in sql.mayBe { facts.insert(sqlMayBe[kind]) }
        sqlMessages.forEachMatch(of: sql.message) { facts.insert($0) }
        for (target, certain, uncertain) in targets {
            switch target.certainty(for: sql) {
            case .no: break
            case .maybe: facts.insert(uncertain)
            case .yes: facts.insert(certain)
            }
        }
    }
}
