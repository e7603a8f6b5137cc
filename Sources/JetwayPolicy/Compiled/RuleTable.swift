/// Conditions of many rules in a few arrays, found by one fact of each.
///
/// Every rule has one clause by whose facts it is found, that with the fewest other rules behind the same facts. A call
/// looks only at rules that are found by one of its facts, and asks those for all their clauses.
struct RuleTable: Sendable {
    /// Facts of all clauses, one after the other.
    private var clauses = NumberLists()
    /// Of each rule, the numbers of its first clause and of that behind its last.
    private var clauseRanges: [(first: UInt32, end: UInt32)] = []
    private var predicates = NumberLists()
    /// Rules by the fact by which they are found, ascending.
    private var byFact = NumberLists()
    /// Rules without a clause.
    private var always: [UInt32] = []
    private let list: [Predicate]

    /// - Parameters:
    ///   - rules: numbers of the rules beside their parts, ascending.
    ///   - facts: how many there are.
    init(_ rules: [(number: UInt32, parts: RuleParts)], facts: Int, predicates list: [Predicate]) {
        self.list = list
        var counts = [Int](repeating: 0, count: facts)
        for rule in rules { for clause in rule.parts.clauses { for fact in clause.facts { counts[Int(fact)] += 1 } } }
        var pairs: [(key: UInt32, number: UInt32)] = []
        for (place, rule) in rules.enumerated() {
            let first = UInt32(clauses.count)
            for clause in rule.parts.clauses { clauses.append(clause.facts) }
            clauseRanges.append((first, UInt32(clauses.count)))
            predicates.append(rule.parts.predicates)
            // Of equal ones the last: the resource before the caller and the method.
            let best = rule.parts.clauses.reversed().min { Self.cost($0, counts) < Self.cost($1, counts) }
            guard let best else {
                always.append(UInt32(place))
                continue
            }
            for fact in best.facts { pairs.append((fact, UInt32(place))) }
        }
        byFact = NumberLists(count: facts, pairs)
        numbers = rules.map(\.number)
    }

    /// The rules' numbers by their place here.
    private let numbers: [UInt32]

    private static func cost(_ clause: Clause, _ counts: [Int]) -> Int {
        clause.facts.map { counts[Int($0)] }.max() ?? 0
    }

    /// Whether all that a rule asks for is so.
    @inline(__always)
    private func holds(_ place: UInt32, _ facts: borrowing FactSet, _ question: PolicyQuestion, _ wanted: Certainty)
        -> Bool
    {
        let range = clauseRanges[Int(place)]
        for clause in range.first..<range.end where !holds(clause: clause, facts) { return false }
        for index in predicates.range(place) {
            guard list[Int(predicates.number(at: index))].certainty(for: question) >= wanted else { return false }
        }
        return true
    }

    @inline(__always)
    private func holds(clause: UInt32, _ facts: borrowing FactSet) -> Bool {
        for index in clauses.range(clause) where facts.contains(clauses.number(at: index)) { return true }
        return false
    }

    /// The first rule that matches.
    ///
    /// - Parameter wanted: how certain predicates must be.
    func first(
        _ facts: FactSet, _ question: PolicyQuestion, _ wanted: Certainty, where body: (UInt32) -> Bool = { _ in true }
    )
        -> UInt32?
    {
        var best = UInt32.max
        for place in always where holds(place, facts, question, wanted) && body(numbers[Int(place)]) {
            best = place
            break
        }
        for fact in facts.numbers {
            for index in byFact.range(fact) {
                let place = byFact.number(at: index)
                guard place < best else { break }
                guard holds(place, facts, question, wanted), body(numbers[Int(place)]) else { continue }
                best = place
                break
            }
        }
        return best == .max ? nil : numbers[Int(best)]
    }

    /// All rules that match, ascending.
    func all(_ facts: FactSet, _ question: PolicyQuestion, wanted: (UInt32) -> Certainty) -> [UInt32] {
        guard !numbers.isEmpty else { return [] }
        var found = always.filter { holds($0, facts, question, wanted(numbers[Int($0)])) }
        for fact in facts.numbers {
            for index in byFact.range(fact) {
                let place = byFact.number(at: index)
                if holds(place, facts, question, wanted(numbers[Int(place)])) { found.append(place) }
            }
        }
        return Set(found).sorted().map { numbers[Int($0)] }
    }
}
