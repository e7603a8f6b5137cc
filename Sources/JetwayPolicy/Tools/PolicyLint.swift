internal import FlightProtocol
package import JetwayCore
internal import StrictJSON

/// Finds what policy files say in vain. All that it tells is a warning: the rules work.
package enum PolicyLint {
    /// - Parameter now: seconds since 1970; rules that are over are told.
    package static func warnings(_ set: PolicySet, now: Int) -> [ConfigurationProblem] {
        let empty = Set(set.groups.map(\.name).filter { GroupGraph(set.groups).members(of: $0).members.isEmpty })
        var warnings = groups(set, empty: empty)
        var living: [PolicyRule] = []
        for rule in set.rules {
            if let reason = rule.neverMatches(emptyGroups: empty, now: now) {
                warnings.append(rule.warning("can never match: \(reason)"))
            } else {
                living.append(rule)
            }
        }
        return warnings + RuleCover.warnings(living)
    }

    private static func groups(_ set: PolicySet, empty: Set<String>) -> [ConfigurationProblem] {
        var used = Set(set.rules.flatMap { $0.who.groups ?? [] })
        for group in set.groups {
            for member in group.members { if case .group(let name) = member { used.insert(name) } }
        }
        return set.groups.flatMap { group -> [ConfigurationProblem] in
            var found: [String] = []
            if empty.contains(group.name) { found.append("the group has no members") }
            if !used.contains(group.name) { found.append("no rule asks for the group") }
            return found.map {
                ConfigurationProblem(
                    file: group.file, pointer: group.pointer.description, $0, isWarning: true)
            }
        }
    }
}

extension PolicyRule {
    func warning(_ problem: String) -> ConfigurationProblem {
        ConfigurationProblem(
            file: file, pointer: pointer.description, "the rule \(id) \(problem)", isWarning: true)
    }

    fileprivate func neverMatches(emptyGroups: Set<String>, now: Int) -> String? {
        if let groups = who.groups, groups.allSatisfy(emptyGroups.contains) { return "its groups have no members" }
        if let until = time?.until, until <= now { return "its \"until\" is over" }
        if let reason = methodsContradict { return reason }
        guard let rpcs = call.rpcs?.map(\.flightRPC) else { return nil }
        let parts = call.parts
        if !parts.isEmpty, !parts.contains(where: { part in rpcs.contains { $0.map(part.rpcs.contains) ?? false } }) {
            return "its RPCs have no " + parts.map { "\($0)" }.joined(separator: ", no ")
        }
        let mayWrite = rpcs.contains { rpc in rpc.map { $0.writes || RequestPart.sql.rpcs.contains($0) } ?? true }
        if call.writes == true, !mayWrite { return "its RPCs do not write" }
        return nil
    }

    /// Subjects and certificates of other methods than those that the rule names.
    private var methodsContradict: String? {
        guard let methods = who.methods else { return nil }
        let names = methods.map { "\($0.rawValue):" }
        if let subjects = who.subjects,
            subjects.allSatisfy({ subject in !names.contains { subject.bytes.starts(with: $0.utf8) } })
        {
            return "its subjects are of other methods"
        }
        let asksForCertificate = who.claims.contains { claim in
            switch claim.source {
            case .certificateName, .certificateIssuer, .certificateFingerprint: true
            case .claim, .groups: false
            }
        }
        return asksForCertificate && !methods.contains(.clientCertificate) ? "its methods have no certificate" : nil
    }
}
