internal import FlightProtocol

/// What rules ask for that the first message does not decide, of those rules that also ask for something in it.
///
/// Many rules ask for the same there (a group, some RPCs): each such head is kept once.
struct HeadTable: Sendable {
    struct Head: Sendable {
        /// The first rule that allows; `UInt32.max` without.
        var firstAllow = UInt32.max
        var denies = false
        var isObserved = false
    }

    private let table: RuleTable
    private let heads: [Head]

    /// Collects heads while facts are still being numbered.
    struct Builder {
        fileprivate var parts: [RuleParts] = []
        fileprivate var heads: [Head] = []
        private var known: [Key: Int] = [:]

        private struct Key: Hashable {
            var clauses: [Clause]
            var predicates: [UInt32]
        }

        init(_ rules: [PolicyRule], _ parts: [RuleParts], _ facts: inout FactNumbers) {
            for (number, rule) in rules.enumerated() {
                guard parts[number].clauses.contains(where: \.kind.needsMessage) else { continue }
                var head = parts[number]
                head.clauses.removeAll { $0.kind.needsMessage || $0.kind == .rpc }
                let possible = rule.possibleRPCs
                let fits = Set((rule.call.rpcs.map { $0.compactMap(\.flightRPC) } ?? FlightRPC.allCases)).intersection(
                    possible)
                var numbers: [UInt32] = []
                for rpc in fits { numbers.append(facts.number(of: .rpc(rpc))) }
                head.clauses.append(Clause(kind: .rpc, facts: numbers.sorted()))
                add(head, rule, number)
            }
        }

        private mutating func add(_ head: RuleParts, _ rule: PolicyRule, _ number: Int) {
            let key = Key(clauses: head.clauses, predicates: head.predicates)
            let place = known[key] ?? heads.count
            if place == heads.count {
                known[key] = place
                heads.append(Head())
                parts.append(head)
            }
            switch (rule.mode, rule.effect) {
            case (.observe, _): heads[place].isObserved = true
            case (.enforce, .deny): heads[place].denies = true
            case (.enforce, .allow): heads[place].firstAllow = min(heads[place].firstAllow, UInt32(number))
            }
        }
    }

    init(_ builder: Builder, facts: Int, predicates: [Predicate]) {
        heads = builder.heads
        table = RuleTable(
            builder.parts.enumerated().map { (UInt32($0), $1) }, facts: facts, predicates: predicates)
    }

    /// Whether a head that matches is wanted.
    func needsMessage(_ facts: FactSet, _ question: PolicyQuestion, where isWanted: (Head) -> Bool) -> Bool {
        guard !heads.isEmpty else { return false }
        return table.first(facts, question, .maybe, where: { isWanted(heads[Int($0)]) }) != nil
    }
}

extension PolicyRule {
    /// The RPCs of which the first message can have what the rule asks for.
    fileprivate var possibleRPCs: Set<FlightRPC> {
        let resources = Set(call.parts.flatMap(\.rpcs))
        guard call.writes != nil else { return resources }
        let writes = Set(RequestPart.sql.rpcs)
        return resources.isEmpty ? writes : resources
    }
}

extension RPCSelector {
    var flightRPC: FlightRPC? {
        if case .flight(let rpc) = self { rpc } else { nil }
    }
}
