internal import FlightProtocol
internal import NIOCore
internal import NIOHPACK
package import StrictJSON

/// A call and what the rules are expected to say about it, from a file `*.case.json`.
package struct PolicyCase {
    package var name: String
    package var pointer: JSONPointer
    package var question: PolicyQuestion
    /// What was expected.
    package var effect: RuleEffect
    /// Nil: that no rule matches, which denies.
    package var rule: String?
    /// Rules that are observed.
    package var observed: [String]
    /// The decision before the first message was read: whether it has to be.
    package var needsFirstMessage: Bool?

    /// What differs from the expectation; nil if nothing does.
    package func difference(from snapshot: PolicySnapshot) -> String? {
        let decision = snapshot.decide(question)
        let found = decision.observed.map(\.id)
        if decision.effect != effect || decision.rule != rule {
            let expected = rule.map { "\(effect.rawValue) by \($0)" } ?? "deny by no rule"
            return "expected \(expected)\n" + snapshot.explain(question, limit: 5).text
        }
        if found != observed { return "expected the observed rules \(observed), found \(found)" }
        var unread = question
        unread.request = nil
        if let needsFirstMessage, snapshot.needsFirstMessage(unread) != needsFirstMessage {
            return "expected that the first message is \(needsFirstMessage ? "" : "not ")needed"
        }
        return nil
    }

    static func read(_ cursor: JSONCursor, sources: IdentitySources) -> Self? {
        cursor.object { object in
            let name = object.required("name") { $0.name() }
            let principal = object.required("as", CasePrincipal.read)
            let method = object.required("rpc") { $0.parse(path) }
            let fields = object.optional("headers", headers) ?? [:]
            let peer = object.optional("from") { $0.parse(address) }
            let now = object.optional("at") { $0.parse(TimeWindow.instant) } ?? 0
            let request = CaseRequest.read(object)
            let effect = object.required("expect") { $0.choice(of: RuleEffect.self) }
            let rule = object.optional("rule") { $0.name() }
            let observed = object.optional("observed") { list in list.array { $0.name() } } ?? []
            let needs = object.optional("needsFirstMessage") { $0.boolean() }
            if effect == .allow, rule == nil { cursor.report("needs the \"rule\" that allows") }
            guard let name, let principal, let method, let effect else { return nil }
            let question = PolicyQuestion(
                principal: principal, path: method, headers: fields, peer: peer, now: now, request: request)
            return Self(
                name: name, pointer: cursor.pointer, question: question, effect: effect, rule: rule,
                observed: observed, needsFirstMessage: needs)
        }
    }

    /// The name of one of Flight's RPCs, or a method's path.
    private static func path(_ text: String) throws(JSONMismatch) -> RPCPath {
        if let rpc = FlightRPC(rawValue: text), let path = RPCPath(parsing: rpc.path) { return path }
        guard let path = RPCPath(parsing: text) else {
            throw JSONMismatch.unknown(text, known: FlightRPC.allCases.map(\.method))
        }
        return path
    }

    private static func headers(_ cursor: JSONCursor) -> HPACKHeaders? {
        let fields = cursor.members { name, cursor -> [(String, String)]? in
            guard case .array = cursor.value else { return cursor.string().map { [(name, $0)] } }
            return cursor.array { $0.string().map { (name, $0) } }
        }
        return fields.map { HPACKHeaders($0.flatMap { $0 }) }
    }

    private static func address(_ text: String) throws(JSONMismatch) -> SocketAddress {
        guard let address = try? SocketAddress(ipAddress: text, port: 0) else {
            throw JSONMismatch("is no address")
        }
        return address
    }
}
