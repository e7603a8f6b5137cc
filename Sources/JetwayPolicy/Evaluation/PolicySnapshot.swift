package import FlightProtocol
package import JetwayCore

/// All rules, compiled: what calls are decided by. A reload makes another one.
///
/// Evaluation is pure, takes no lock and reads no clock.
package struct PolicySnapshot: Sendable {
    let calls: CompiledRules
    /// Rules about the locations of answers.
    let locations: CompiledRules
    let groups: [PolicyGroup]

    /// The number of rules.
    package var count: Int { calls.rules.count + locations.rules.count }

    /// - Parameter set: without problems.
    package init(_ set: PolicySet) {
        calls = CompiledRules(set.rules.filter { !$0.isAboutLocations }, groups: set.groups)
        groups = set.groups
        locations = CompiledRules(set.rules.filter(\.isAboutLocations), groups: set.groups)
    }

    /// Reads and compiles files; all their problems at once.
    package static func compile(files: [String], sources: IdentitySources) throws(ConfigurationProblems) -> Self {
        Self(try PolicySet.load(files: files, sources: sources))
    }

    /// What the rules say about a call.
    package func decide(_ question: PolicyQuestion) -> Decision { calls.decide(question) }

    /// Whether the first message has to be read before a call can be decided: whether some rule that could still
    /// decide, or is observed, asks for something in it.
    package func needsFirstMessage(_ question: PolicyQuestion) -> Bool { calls.needsFirstMessage(question) }

    /// Whether a caller may be offered locations of a scheme in an answer. Only rules with `locationSchemes` say so.
    package func mayOffer(scheme: String, _ question: PolicyQuestion) -> Bool {
        var question = question
        question.locationScheme = scheme
        return locations.decide(question).isAllowed
    }

    /// Whether a caller of ListFlights may use a flight: ask for it, or get it by its descriptor.
    ///
    /// - Parameter flight: what a request with the flight's descriptor asks for.
    package func mayUse(flight: FlightRequest, _ question: PolicyQuestion) -> Bool {
        [FlightRPC.getFlightInfo, .doGet].contains { rpc in
            decide(question.asking(rpc, flight)).isAllowed
        }
    }

    /// Whether a caller of ListActions may use an action. Of Flight SQL's own actions nobody knows yet what they will
    /// be asked: one is listed if it may be used with some body.
    package func mayUse(action: String, _ question: PolicyQuestion) -> Bool {
        var request = FlightRequest()
        request.action = .present(action)
        if decide(question.asking(.doAction, request)).isAllowed { return true }
        return SQLRequest.possible(inAction: action).contains { sql in
            request.sql = .present(sql)
            return decide(question.asking(.doAction, request)).isAllowed
        }
    }
}

extension PolicyQuestion {
    /// The same caller's question about another call.
    func asking(_ rpc: FlightRPC, _ request: FlightRequest) -> PolicyQuestion {
        var question = self
        question.rpc = rpc
        if let path = RPCPath(parsing: rpc.path) { question.path = path }
        question.request = request
        return question
    }
}

extension SQLRequest {
    /// What the body of an action of Flight SQL may ask for.
    fileprivate static func possible(inAction type: String) -> [SQLRequest] {
        let kinds: [SQLKind]
        switch type {
        case "CreatePreparedStatement": kinds = [.read, .maybeWrite, .write, .prepared]
        case "ClosePreparedStatement": kinds = [.prepared]
        case "BeginTransaction", "EndTransaction", "BeginSavepoint", "EndSavepoint": kinds = [.transaction]
        case "CancelQuery": kinds = [.read, .maybeWrite, .write, .metadata]
        default: return []
        }
        return kinds.map { SQLRequest(message: "Action\(type)Request", kind: $0) }
    }
}
