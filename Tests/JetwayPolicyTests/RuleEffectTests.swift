import JetwayPolicy
import Testing

@Test("Rules allow or deny, and nothing else")
func ruleEffects() {
    #expect(RuleEffect.allCases.map(\.rawValue) == ["allow", "deny"])
}
