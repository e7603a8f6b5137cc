internal import FlightProtocol

/// Rules in the form in which calls are decided. A class, so that a call retains one object and not all that is in it.
final class CompiledRules: Sendable {
    let rules: [PolicyRule]
    // What decisions tell of rules, so that no rule is copied for it.
    private let ids: [String]
    private let effects: [RuleEffect]
    private let limits: [UInt32: RuleLimits]
    let facts: FactIndex
    private let denies: RuleTable
    private let allows: RuleTable
    private let observed: RuleTable
    private let heads: HeadTable

    init(_ rules: [PolicyRule], groups: [PolicyGroup]) {
        var numbers = FactNumbers()
        var predicates = PredicateNumbers()
        var parts: [RuleParts] = []
        for rule in rules { parts.append(RuleParts(rule, facts: &numbers, predicates: &predicates)) }
        let heads = HeadTable.Builder(rules, parts, &numbers)
        let memberships = Self.memberships(groups, &numbers)
        let count = numbers.facts.count
        func table(_ isWanted: (PolicyRule) -> Bool) -> RuleTable {
            let chosen = rules.indices.filter { isWanted(rules[$0]) }.map { (UInt32($0), parts[$0]) }
            return RuleTable(chosen, facts: count, predicates: predicates.list)
        }
        denies = table { $0.mode == .enforce && $0.effect == .deny }
        allows = table { $0.mode == .enforce && $0.effect == .allow }
        observed = table { $0.mode == .observe }
        self.heads = HeadTable(heads, facts: count, predicates: predicates.list)
        facts = FactIndex(numbers, groups: memberships)
        self.rules = rules
        ids = rules.map(\.id)
        effects = rules.map(\.effect)
        let limited = rules.enumerated().filter { $1.limits != RuleLimits() }
        limits = Dictionary(uniqueKeysWithValues: limited.map { (UInt32($0), $1.limits) })
    }

    /// Of the groups that rules ask for, who is in them: facts of callers, each with the fact of a group.
    static func memberships(_ groups: [PolicyGroup], _ numbers: inout FactNumbers)
        -> [(key: UInt32, number: UInt32)]
    {
        let graph = GroupGraph(groups)
        var memberships: [(key: UInt32, number: UInt32)] = []
        for fact in numbers.facts {
            guard case .group(let name) = fact, let number = numbers.known(fact) else { continue }
            for member in graph.members(of: name).members {
                switch member {
                case .subject(let pattern): memberships.append((numbers.number(of: .subject(pattern)), number))
                case .claim(let source, let pattern):
                    memberships.append((numbers.number(of: .claim(source, pattern)), number))
                case .group: break
                }
            }
        }
        return memberships
    }

    func decide(_ question: PolicyQuestion) -> Decision {
        let facts = facts.facts(of: question)
        var decision = Decision(effect: .deny)
        if let number = denies.first(facts, question, .maybe) {
            decision.rule = ids[Int(number)]
        } else if let number = allows.first(facts, question, .yes) {
            decision.effect = .allow
            decision.rule = ids[Int(number)]
            decision.limits = limits[number] ?? RuleLimits()
        }
        for number in observed.all(facts, question, wanted: { effects[Int($0)] == .deny ? .maybe : .yes }) {
            decision.observed.append(ObservedRule(id: ids[Int(number)], effect: effects[Int(number)]))
        }
        return decision
    }

    /// Whether some rule that could still decide, or is observed, asks for something in the first message.
    func needsFirstMessage(_ question: PolicyQuestion) -> Bool {
        guard question.rpc != nil else { return false }
        let facts = facts.facts(of: question, ofHead: true)
        // Without those of the request, no rule that asks for something in it matches.
        let isDenied = denies.first(facts, question, .maybe) != nil
        let allowed = allows.first(facts, question, .yes)
        return heads.needsMessage(facts, question) { head in
            if head.isObserved { return true }
            return !isDenied && (head.denies || head.firstAllow < allowed ?? .max)
        }
    }
}
