internal import JetwayCore

/// Tells rules whose every call another rule takes already.
struct RuleCover {
    private let rules: [PolicyRule]
    private let parts: [RuleParts]
    private let facts: [Fact]

    static func warnings(_ rules: [PolicyRule]) -> [ConfigurationProblem] {
        let cover = RuleCover(rules.filter { $0.mode == .enforce })
        return cover.rules.indices.compactMap(cover.warning)
    }

    private init(_ rules: [PolicyRule]) {
        var numbers = FactNumbers()
        var predicates = PredicateNumbers()
        var parts: [RuleParts] = []
        for rule in rules { parts.append(RuleParts(rule, facts: &numbers, predicates: &predicates)) }
        self.rules = rules
        self.parts = parts
        facts = numbers.facts
    }

    private func warning(_ index: Int) -> ConfigurationProblem? {
        let rule = rules[index]
        // A deny beats wherever it stands; of equals the first counts.
        for (other, candidate) in rules.enumerated() where other != index {
            let decides =
                candidate.effect == .deny
                ? rule.effect == .allow || other < index : rule.effect == .allow && other < index
            guard decides, candidate.isAboutLocations == rule.isAboutLocations, covers(other, index) else { continue }
            let what = candidate.effect == .deny ? "denies" : "allows"
            return rule.warning("is in vain: the rule \(candidate.id) \(what) all that it is about")
        }
        return nil
    }

    /// Whether every call that matches the second rule matches the first.
    private func covers(_ first: Int, _ second: Int) -> Bool {
        parts[first].predicates.allSatisfy(parts[second].predicates.contains)
            && parts[first].clauses.allSatisfy { wide in
                parts[second].clauses.contains { narrow in covers(wide, narrow) }
            }
    }

    private func covers(_ wide: Clause, _ narrow: Clause) -> Bool {
        guard wide.kind == narrow.kind else { return false }
        return narrow.facts.allSatisfy { fact in
            wide.facts.contains { $0 == fact || covers(facts[Int($0)], facts[Int(fact)]) }
        }
    }

    private func covers(_ wide: Fact, _ narrow: Fact) -> Bool {
        switch (wide, narrow) {
        case (.flight, .rpc): true
        case (.subject(let wide), .subject(let narrow)), (.tenant(let wide), .tenant(let narrow)),
            (.action(let wide), .action(let narrow)):
            wide.covers(narrow)
        case (.claim(let source, let wide), .claim(let other, let narrow)): source == other && wide.covers(narrow)
        case (.begins(let part, let wide), .begins(let other, let narrow)): part == other && narrow.starts(with: wide)
        case (.path(let wide), .path(let narrow)): PathPattern.covers(wide.elements[...], narrow.elements[...])
        default: false
        }
    }
}

extension TextPattern {
    fileprivate func covers(_ other: TextPattern) -> Bool { isPrefix && other.bytes.starts(with: bytes) }
}

extension PathPattern {
    /// Whether one pattern takes all that the other takes. May say no where it does; never yes where it does not.
    fileprivate static func covers(_ wide: ArraySlice<Element>, _ narrow: ArraySlice<Element>) -> Bool {
        guard let first = wide.first else { return narrow.isEmpty }
        if first == .anyNumber {
            if wide.count == 1 { return true }
            return (narrow.startIndex...narrow.endIndex).contains { covers(wide.dropFirst(), narrow[$0...]) }
        }
        guard let other = narrow.first, other != .anyNumber, first == .anyOne || first == other else { return false }
        return covers(wide.dropFirst(), narrow.dropFirst())
    }
}
