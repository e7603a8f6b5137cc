/// What a rule that matches says.
package enum RuleEffect: String, Sendable, CaseIterable {
    case allow
    case deny
}

/// Whether a rule counts.
package enum RuleMode: String, Sendable, CaseIterable {
    case enforce
    /// It is evaluated and reported, and decides nothing.
    case observe
}
