internal import JetwayCore
internal import StrictJSON

extension PolicySet {
    /// What is wrong between rules and groups, over all files.
    ///
    /// - Parameter complete: whether everything could be read.
    func problems(complete: Bool) -> [ConfigurationProblem] {
        var problems = duplicates
        if complete { problems += unknownGroups + cycles }
        return problems
    }

    private var duplicates: [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        var places: [String: PolicyRule] = [:]
        for rule in rules {
            guard let first = places.updateValue(rule, forKey: rule.id) else { continue }
            places[rule.id] = first
            problems.append(
                ConfigurationProblem(
                    file: rule.file, pointer: rule.pointer.appending("id").description, "another rule has this id",
                    hint: "it is at \(first.pointer) of \(first.file)"))
        }
        var names: [String: PolicyGroup] = [:]
        for group in groups {
            guard let first = names.updateValue(group, forKey: group.name) else { continue }
            names[group.name] = first
            problems.append(
                ConfigurationProblem(
                    file: group.file, pointer: group.pointer.description, "another file has this group",
                    hint: "it is in \(first.file)"))
        }
        return problems
    }

    private var unknownGroups: [ConfigurationProblem] {
        let names = groups.map(\.name)
        let known = Set(names)
        func problem(_ name: String, file: String, pointer: JSONPointer) -> ConfigurationProblem {
            ConfigurationProblem(
                file: file, pointer: pointer.description, "there is no group \"\(name)\"",
                hint: JSONMismatch.unknown(name, known: names).hint
                    ?? "groups of the identity's source need a line in \"groups\": \"NAME\": [\"claim:groups=NAME\"]")
        }
        var problems: [ConfigurationProblem] = []
        for rule in rules {
            for (index, name) in (rule.who.groups ?? []).enumerated() where !known.contains(name) {
                let pointer = rule.pointer.appending("who").appending("group").appending(index)
                problems.append(problem(name, file: rule.file, pointer: pointer))
            }
        }
        for group in groups {
            for (index, member) in group.members.enumerated() {
                guard case .group(let name) = member, !known.contains(name) else { continue }
                problems.append(problem(name, file: group.file, pointer: group.pointer.appending(index)))
            }
        }
        return problems
    }

    /// Groups that are members of themselves.
    private var cycles: [ConfigurationProblem] {
        let graph = GroupGraph(groups)
        return groups.filter { graph.members(of: $0.name).groups.contains($0.name) }.map { group in
            ConfigurationProblem(
                file: group.file, pointer: group.pointer.description, "the group is a member of itself")
        }
    }
}

/// Groups as members of one another.
struct GroupGraph {
    private let members: [String: [PolicyGroup.Member]]

    init(_ groups: [PolicyGroup]) {
        members = Dictionary(groups.map { ($0.name, $0.members) }, uniquingKeysWith: { first, _ in first })
    }

    /// All members of a group that are no groups, and the groups that it has as members.
    func members(of name: String) -> (members: [PolicyGroup.Member], groups: Set<String>) {
        var members: [PolicyGroup.Member] = []
        var found: Set<String> = []
        var waiting = self.members[name] ?? []
        while let member = waiting.popLast() {
            guard case .group(let inner) = member else {
                members.append(member)
                continue
            }
            if found.insert(inner).inserted { waiting += self.members[inner] ?? [] }
        }
        return (members, found)
    }
}
