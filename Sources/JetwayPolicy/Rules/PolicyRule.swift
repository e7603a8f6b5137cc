package import JetwayCore
package import StrictJSON

/// One rule of a policy file.
package struct PolicyRule: Sendable, Hashable {
    /// Names the rule in logs, metrics and explanations; no two rules have the same.
    package var id: String
    package var effect: RuleEffect
    package var mode = RuleMode.enforce
    package var who = Who()
    package var call = CallSelector()
    /// Networks from which the call comes, beside those of `who`.
    package var from: [IPNetwork]?
    package var time: TimeWindow?
    package var limits = RuleLimits()
    package var file: String
    package var pointer: JSONPointer

    package init(id: String, effect: RuleEffect, file: String = "", pointer: JSONPointer = .root) {
        self.id = id
        self.effect = effect
        self.file = file
        self.pointer = pointer
    }

    /// Whether the rule is about the locations of an answer, not about the call itself.
    package var isAboutLocations: Bool { call.locationSchemes != nil }

    static func read(_ cursor: JSONCursor, sources: IdentitySources) -> Self? {
        cursor.object { object in
            let id = object.required("id") { $0.parse(identifier) }
            let effect = object.required("effect") { $0.choice(of: RuleEffect.self) }
            _ = object.optional("description") { $0.string() }
            _ = object.optional("$comment") { $0.string() }
            var rule = Self(
                id: id ?? "", effect: effect ?? .deny, file: cursor.problems.file, pointer: cursor.pointer)
            rule.mode = object.optional("mode") { $0.choice(of: RuleMode.self) } ?? .enforce
            rule.who = object.optional("who") { Who.read($0, sources: sources) } ?? Who()
            rule.call = object.optional("call", CallSelector.read) ?? CallSelector()
            _ = object.optional("when") { cursor in
                cursor.object { object in
                    rule.from = object.optional("from") { $0.networks() }
                    rule.time = TimeWindow.read(object)
                }
            }
            rule.limits = object.optional("limits", RuleLimits.read) ?? RuleLimits()
            if effect == .deny, object.contains("limits") {
                object.problems.add(cursor.pointer.appending("limits"), "is of no use in a rule that denies")
            }
            return id == nil || effect == nil ? nil : rule
        }
    }

    private static func identifier(_ text: String) throws(JSONMismatch) -> String {
        let valid = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "-_.".utf8.contains(byte)
            }
        }
        guard valid, (1...64).contains(text.utf8.count) else {
            throw JSONMismatch("must be of letters, digits, -, _ and ., at most 64")
        }
        return text
    }
}
