/// What a rule that matches says.
package enum RuleEffect: String, Sendable, CaseIterable {
    case allow
    case deny
}
