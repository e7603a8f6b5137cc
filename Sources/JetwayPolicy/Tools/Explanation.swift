/// Why the rules say what they say about a call, in words for an operator. It tells paths and names: it is nothing for
/// callers.
package struct Explanation: Sendable, Hashable {
    /// A rule that would have decided, had it matched.
    package struct Nearer: Sendable, Hashable {
        package var rule: String
        package var effect: RuleEffect
        /// The first of its conditions that does not hold.
        package var reason: String
        /// How many of its conditions hold.
        package var holding: Int
    }

    package var decision: Decision
    /// Whether the first message has to be read for it.
    package var needsFirstMessage: Bool
    /// The nearest first.
    package var nearer: [Nearer]

    /// A line for the decision and one for each nearer rule.
    package var text: String {
        var lines = [
            decision.rule.map { "\(decision.effect.rawValue) by the rule \($0)" } ?? "deny: no rule allows the call"
        ]
        lines += decision.observed.map { "observed: the rule \($0.id) would \($0.effect.rawValue)" }
        lines += nearer.map { "not \($0.rule) (\($0.effect.rawValue)): \($0.reason)" }
        return lines.joined(separator: "\n")
    }
}

extension PolicySnapshot {
    /// The decision with its reasons. Unlike deciding, this looks at every rule.
    ///
    /// - Parameter limit: how many nearer rules to tell.
    package func explain(_ question: PolicyQuestion, limit: Int = 20) -> Explanation {
        let decision = decide(question)
        var nearer: [Explanation.Nearer] = []
        for rule in calls.rules where rule.mode == .enforce {
            if rule.id == decision.rule {
                // Behind a rule that decides only those come that could not have decided any more, except for denies.
                if rule.effect == .deny { break } else { continue }
            }
            let isDecided = decision.isAllowed && decision.rule.flatMap { precedes($0, rule.id) } ?? false
            if rule.effect == .allow, isDecided || decision.rule != nil && !decision.isAllowed { continue }
            guard let failure = RuleCheck(rule, groups: groups).failure(for: question) else { continue }
            nearer.append(
                Explanation.Nearer(
                    rule: rule.id, effect: rule.effect, reason: failure.reason, holding: failure.holding))
        }
        nearer = nearer.enumerated().sorted { ($1.element.holding, $0.offset) < ($0.element.holding, $1.offset) }
            .map(\.element)
        return Explanation(
            decision: decision, needsFirstMessage: needsFirstMessage(question), nearer: Array(nearer.prefix(limit)))
    }

    private func precedes(_ first: String, _ second: String) -> Bool? {
        guard let left = calls.rules.firstIndex(where: { $0.id == first }),
            let right = calls.rules.firstIndex(where: { $0.id == second })
        else { return nil }
        return left < right
    }
}
