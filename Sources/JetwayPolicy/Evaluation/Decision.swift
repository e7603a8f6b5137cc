/// What the rules say about a call.
package struct Decision: Sendable, Hashable {
    package var effect: RuleEffect
    /// The id of the rule that decided; nil if none matched, which denies.
    package var rule: String?
    /// Those of the rule that allows.
    package var limits = RuleLimits()
    /// Rules that match and are only observed, in the order of the rules.
    package var observed: [ObservedRule] = []

    package var isAllowed: Bool { effect == .allow }
}

/// A rule that matched and decided nothing.
package struct ObservedRule: Sendable, Hashable {
    package var id: String
    package var effect: RuleEffect
}
