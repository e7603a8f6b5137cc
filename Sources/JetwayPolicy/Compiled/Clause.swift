/// One of the conditions of a rule: one of the facts must be true.
struct Clause: Hashable {
    /// What the condition is about, in the order in which it is told why a rule does not match.
    enum Kind: Int, Hashable, Comparable {
        case subject, group, tenant, method, claim, from
        case rpc, scheme, resource, writes

        /// Whether the request's first message decides it.
        var needsMessage: Bool { self == .resource || self == .writes }

        static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    var kind: Kind
    var facts: [UInt32]
}

/// A condition that is looked at only where all clauses hold.
enum Predicate: Sendable, Hashable {
    case time(TimeWindow)
    case header(CallSelector.Header)

    func certainty(for question: PolicyQuestion) -> Certainty {
        switch self {
        case .time(let window): window.contains(question.now) ? .yes : .no
        case .header(let header): header.certainty(for: question.headers)
        }
    }
}

/// A rule taken apart: all clauses and all predicates must hold.
struct RuleParts {
    var clauses: [Clause] = []
    var predicates: [UInt32] = []

    init(_ rule: PolicyRule, facts: inout FactNumbers, predicates known: inout PredicateNumbers) {
        addWho(rule, &facts)
        addCall(rule, &facts)
        if let window = rule.time { predicates.append(known.number(of: .time(window))) }
        for header in rule.call.headers { predicates.append(known.number(of: .header(header))) }
        for (index, clause) in clauses.enumerated() { clauses[index].facts = Array(Set(clause.facts)).sorted() }
        clauses.sort { ($0.kind, $0.facts.count) < ($1.kind, $1.facts.count) }
    }

    private mutating func add(_ kind: Clause.Kind, _ found: [Fact], _ facts: inout FactNumbers) {
        var numbers: [UInt32] = []
        for fact in found { numbers.append(facts.number(of: fact)) }
        clauses.append(Clause(kind: kind, facts: numbers))
    }

    private mutating func addWho(_ rule: PolicyRule, _ facts: inout FactNumbers) {
        let who = rule.who
        if let subjects = who.subjects { add(.subject, subjects.map(Fact.subject), &facts) }
        if let groups = who.groups { add(.group, groups.map(Fact.group), &facts) }
        if let tenants = who.tenants { add(.tenant, tenants.map(Fact.tenant), &facts) }
        if let methods = who.methods { add(.method, methods.map(Fact.method), &facts) }
        for claim in who.claims { add(.claim, claim.values.map { .claim(claim.source, $0) }, &facts) }
        for networks in [who.from, rule.from] {
            if let networks { add(.from, networks.map(Fact.network), &facts) }
        }
    }

    private mutating func addCall(_ rule: PolicyRule, _ facts: inout FactNumbers) {
        let call = rule.call
        if let rpcs = call.rpcs {
            let selected = rpcs.map { rpc -> Fact in
                switch rpc {
                case .flight(let rpc): .rpc(rpc)
                case .other(let text): .service(text)
                }
            }
            add(.rpc, selected, &facts)
        } else if rule.effect == .allow {
            // What is allowed without naming it is Flight; what is denied is everything.
            add(.rpc, [.flight], &facts)
        }
        if let schemes = call.locationSchemes { add(.scheme, schemes.map(Fact.scheme), &facts) }
        if let writes = call.writes {
            add(.writes, [.writes(writes ? .yes : .no)] + (rule.effect == .deny ? [.writes(.maybe)] : []), &facts)
        }
        let resources = call.resources(effect: rule.effect)
        if !resources.isEmpty { add(.resource, resources, &facts) }
    }
}

/// Numbers for predicates, each one.
struct PredicateNumbers {
    private(set) var list: [Predicate] = []
    private var numbers: [Predicate: UInt32] = [:]

    mutating func number(of predicate: Predicate) -> UInt32 {
        if let number = numbers[predicate] { return number }
        let number = UInt32(list.count)
        list.append(predicate)
        numbers[predicate] = number
        return number
    }
}
