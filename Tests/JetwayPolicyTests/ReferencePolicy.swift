import FlightProtocol
import JetwayCore
import NIOCore
import NIOHPACK

@testable import JetwayPolicy

/// Rules as they are written down, one after the other: slow, and with nothing in common with how they are compiled.
struct ReferencePolicy {
    let set: PolicySet

    func decide(_ question: PolicyQuestion) -> (effect: RuleEffect, rule: String?, observed: [String]) {
        let matching = set.rules.filter { !$0.isAboutLocations && matches($0, question) }
        let observed = matching.filter { $0.mode == .observe }.map(\.id)
        let counting = matching.filter { $0.mode == .enforce }
        let decisive = counting.first { $0.effect == .deny } ?? counting.first
        return (decisive?.effect ?? .deny, decisive?.id, observed)
    }

    private func matches(_ rule: PolicyRule, _ question: PolicyQuestion) -> Bool {
        let certainty =
            [
                rpc(rule, question), who(rule, question) ? .yes : .no, resource(rule.call, question),
                writes(rule.call, question), headers(rule.call, question),
                rule.time.map { $0.contains(question.now) } ?? true ? .yes : .no,
            ].min() ?? .no
        return rule.effect == .deny ? certainty >= .maybe : certainty == .yes
    }

    private func rpc(_ rule: PolicyRule, _ question: PolicyQuestion) -> Certainty {
        guard let rpcs = rule.call.rpcs else { return question.rpc == nil ? .maybe : .yes }
        let isNamed = rpcs.contains { selector in
            switch selector {
            case .flight(let rpc): return rpc == question.rpc
            case .other(let text):
                let path = question.path.description
                if text.hasSuffix(".*") { return path.hasPrefix(text.dropLast()) }
                return path == text || path.hasPrefix(text + "/")
            }
        }
        return isNamed ? .yes : .no
    }

    private func who(_ rule: PolicyRule, _ question: PolicyQuestion) -> Bool {
        let (who, principal) = (rule.who, question.principal)
        func isFrom(_ networks: [IPNetwork]?) -> Bool {
            networks.map { list in question.peer.map { NetworkList(list).contains($0) } ?? false } ?? true
        }
        return (who.subjects.map { $0.contains { $0.matches(principal.subject) } } ?? true)
            && (who.groups.map { $0.contains { isMember(principal, of: $0) } } ?? true)
            && (who.tenants.map { list in list.contains { principal.tenant.map($0.matches) ?? false } } ?? true)
            && (who.methods.map { $0.contains(principal.method) } ?? true)
            && who.claims.allSatisfy { has(principal, $0.source, $0.values) } && isFrom(who.from) && isFrom(rule.from)
    }

    private func has(_ principal: Principal, _ source: ClaimSource, _ values: [TextPattern]) -> Bool {
        var found = false
        source.forEachValue(of: principal) { value in
            if values.contains(where: { $0.matches(value) }) { found = true }
        }
        return found
    }

    private func isMember(_ principal: Principal, of group: String) -> Bool {
        (set.groups.first { $0.name == group }?.members ?? []).contains { member in
            switch member {
            case .subject(let pattern): pattern.matches(principal.subject)
            case .claim(let source, let pattern): has(principal, source, [pattern])
            case .group(let name): isMember(principal, of: name)
            }
        }
    }

    // MARK: The request

    private func resource(_ call: CallSelector, _ question: PolicyQuestion) -> Certainty {
        guard !call.parts.isEmpty else { return .yes }
        let request = question.request ?? unread(question)
        func begins(_ prefixes: [[UInt8]]?, _ part: FlightRequest.Part<[UInt8]>) -> Certainty {
            certainty(part, prefixes) { value, prefix in value.starts(with: prefix) ? .yes : .no }
        }
        return [
            certainty(request.path, call.paths) { path, pattern in
                let elements = path.flatMap { $0.split(separator: "/", omittingEmptySubsequences: false) }.map(
                    String.init)
                let isClear =
                    !elements.isEmpty && elements.count <= 256
                    && elements.allSatisfy { !["", ".", ".."].contains($0) && !$0.utf8.contains(0) }
                return !isClear ? .maybe : matches(elements[...], pattern.elements[...]) ? .yes : .no
            },
            begins(call.commands, request.command), begins(call.tickets, request.ticket),
            begins(call.criteria, request.criteria),
            certainty(request.action, call.actions) { $1.matches($0) ? .yes : .no },
            certainty(request.sql, call.sql) { sql, selector in self.sql(sql, selector) },
        ].max() ?? .no
    }

    private func certainty<T, S>(
        _ part: FlightRequest.Part<T>, _ selectors: [S]?, _ body: (T, S) -> Certainty
    ) -> Certainty {
        guard let selectors else { return .no }
        return switch part {
        case .absent: .no
        case .unreadable: .maybe
        case .present(let value): selectors.map { body(value, $0) }.max() ?? .no
        }
    }

    private func matches(_ path: ArraySlice<String>, _ pattern: ArraySlice<PathPattern.Element>) -> Bool {
        guard let first = pattern.first else { return path.isEmpty }
        if first == .anyNumber {
            return (path.startIndex...path.endIndex).contains { matches(path[$0...], pattern.dropFirst()) }
        }
        guard let element = path.first, first == .anyOne || first == .exactly(Array(element.utf8)) else { return false }
        return matches(path.dropFirst(), pattern.dropFirst())
    }

    private func sql(_ sql: SQLRequest, _ selector: SQLSelector) -> Certainty {
        switch selector {
        case .message(let message): return message == sql.message ? .yes : .no
        case .kind(let kind):
            if kind == sql.kind { return .yes }
            let isHidden = sql.kind == .prepared && sql.message != "ActionClosePreparedStatementRequest"
            return [.read, .write].contains(kind) && (sql.kind == .maybeWrite || isHidden) ? .maybe : .no
        case .target(let target):
            let names = [(target.catalog, sql.catalog), (target.schema, sql.schema), (target.table, sql.table)]
            let unnamed: Certainty = [.metadata, .transaction].contains(sql.kind) ? .no : .maybe
            var all = names.map { patterns, value -> Certainty in
                guard let patterns else { return .yes }
                guard let value else { return unnamed }
                return patterns.contains { $0.matches(value) } ? .yes : .no
            }
            if let mode = target.mode {
                all.append(mode.contains { pattern in sql.mode.map(pattern.matches) ?? false } ? .yes : .no)
            }
            if let of = target.of { all.append(of.map { self.sql(sql, $0) }.max() ?? .no) }
            return all.min() ?? .yes
        }
    }

    private func writes(_ call: CallSelector, _ question: PolicyQuestion) -> Certainty {
        guard let wanted = call.writes else { return .yes }
        if question.writes == .maybe { return .maybe }
        return (question.writes == .yes) == wanted ? .yes : .no
    }

    private func headers(_ call: CallSelector, _ question: PolicyQuestion) -> Certainty {
        call.headers.map { header in
            let values = question.headers.filter {
                $0.name.lowercased().replacing("_", with: "-") == header.name.replacing("_", with: "-")
            }
            let matching = values.count { value in header.values.contains { $0.matches(value.value) } }
            return matching == 0 ? .no : matching == values.count ? .yes : .maybe
        }.min() ?? .yes
    }

    private func unread(_ question: PolicyQuestion) -> FlightRequest {
        var request = FlightRequest()
        guard let rpc = question.rpc else { return request }
        if [.doGet, .pollFlightInfo, .doAction].contains(rpc) { request.ticket = .unreadable }
        if rpc == .doAction { request.action = .unreadable }
        if rpc == .listFlights { request.criteria = .unreadable }
        guard ![.handshake, .listFlights, .listActions].contains(rpc) else { return request }
        request.path = .unreadable
        request.command = .unreadable
        request.sql = .unreadable
        return request
    }
}
