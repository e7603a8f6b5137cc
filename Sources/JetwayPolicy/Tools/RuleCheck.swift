internal import FlightProtocol
internal import JetwayCore
internal import NIOCore

/// One rule, condition by condition, with the very same parts by which it is decided.
struct RuleCheck {
    private let rule: PolicyRule
    private let parts: RuleParts
    private let predicates: [Predicate]
    private let index: FactIndex

    init(_ rule: PolicyRule, groups: [PolicyGroup]) {
        var numbers = FactNumbers()
        var predicates = PredicateNumbers()
        parts = RuleParts(rule, facts: &numbers, predicates: &predicates)
        let memberships = CompiledRules.memberships(groups, &numbers)
        index = FactIndex(numbers, groups: memberships)
        self.predicates = predicates.list
        self.rule = rule
    }

    /// Why the rule does not match, and how many of its conditions hold; nil if it matches.
    func failure(for question: PolicyQuestion) -> (reason: String, holding: Int)? {
        let facts = index.facts(of: question)
        let wanted: Certainty = rule.effect == .deny ? .maybe : .yes
        var holding = 0
        var reason: String?
        for clause in parts.clauses {
            if clause.facts.contains(where: facts.contains) {
                holding += 1
            } else if reason == nil {
                reason = self.reason(clause.kind, question)
            }
        }
        for number in parts.predicates {
            let predicate = predicates[Int(number)]
            if predicate.certainty(for: question) >= wanted {
                holding += 1
            } else if reason == nil {
                reason = self.reason(predicate)
            }
        }
        return reason.map { ($0, holding) }
    }

    private func reason(_ kind: Clause.Kind, _ question: PolicyQuestion) -> String {
        let principal = question.principal
        switch kind {
        case .subject: return "the caller is \(principal.subject)"
        case .group:
            return "\(principal.subject) is not in " + (rule.who.groups ?? []).joined(separator: ", ")
        case .tenant: return principal.tenant.map { "the tenant is \($0)" } ?? "the caller has no tenant"
        case .method: return "the caller's method is \(principal.method.rawValue)"
        case .claim:
            return "the caller lacks a value of " + rule.who.claims.map(\.source.text).joined(separator: ", ")
        case .from: return "the call comes from " + (question.peer?.ipAddress ?? "no known address")
        case .rpc: return "the call is \(question.rpc?.method ?? question.path.description)"
        case .scheme: return "it is about the locations of answers"
        case .writes:
            return question.writes == .maybe
                ? "the call may write" : "the call \(question.writes == .yes ? "writes" : "does not write")"
        case .resource: return resourceReason(question)
        }
    }

    private func resourceReason(_ question: PolicyQuestion) -> String {
        rule.call.parts.map { part in
            guard let request = question.request else { return "the request was not read" }
            return "the \(part) \(request.state(of: part))"
        }.joined(separator: "; ")
    }

    private func reason(_ predicate: Predicate) -> String {
        switch predicate {
        case .time: "it is not the time for it"
        case .header(let header): "the header \(header.name) does not fit"
        }
    }
}

extension FlightRequest {
    /// What a part of the request is, in words. Bytes are not told: they may be secrets.
    fileprivate func state(of part: RequestPart) -> String {
        switch part {
        case .path: Self.state(path) { "is \($0.joined(separator: "/"))" }
        case .command: Self.state(command) { "begins otherwise (\($0.count) bytes)" }
        case .ticket: Self.state(ticket) { "begins otherwise (\($0.count) bytes)" }
        case .action: Self.state(action) { "is \($0)" }
        case .criteria: Self.state(criteria) { "begins otherwise (\($0.count) bytes)" }
        case .sql: Self.state(sql) { "is \($0.message) (\($0.kind.rawValue))" }
        }
    }

    private static func state<T>(_ part: Part<T>, _ body: (T) -> String) -> String {
        switch part {
        case .absent: "is absent"
        case .unreadable: "cannot be read"
        case .present(let value): body(value)
        }
    }
}
