internal import FlightProtocol
internal import JetwayCore

/// Finds the facts that are true of a call.
struct FactIndex: Sendable {
    /// By the RPC's index; nil where no rule asks.
    private let rpcs: [UInt32?]
    private let flight: UInt32?
    private let services: TextIndex
    private let writes: [Certainty: UInt32]
    private let subjects: TextIndex
    private let tenants: TextIndex
    private let methods: [Principal.Method: UInt32]
    private let claims: [(source: ClaimSource, index: TextIndex)]
    private let networks: NetworkIndex
    /// The groups that a subject or a claim is in, by the fact of it.
    private let groups: NumberLists
    private let schemes: TextIndex
    private let request: RequestFacts

    init(_ numbers: FactNumbers, groups memberships: [(key: UInt32, number: UInt32)]) {
        func numbered<T>(_ body: (Fact) -> T?) -> [(T, UInt32)] {
            numbers.facts.enumerated().compactMap { number, fact in body(fact).map { ($0, UInt32(number)) } }
        }
        rpcs = FlightRPC.allCases.sorted { $0.index < $1.index }.map { numbers.known(.rpc($0)) }
        flight = numbers.known(.flight)
        services = TextIndex(
            numbered { if case .service(let text) = $0 { RPCSelector.patterns(of: text) } else { nil } }
                .flatMap { patterns, number in patterns.map { ($0, number) } })
        writes = Dictionary(
            uniqueKeysWithValues: numbered { if case .writes(let certainty) = $0 { certainty } else { nil } })
        subjects = TextIndex(numbered { if case .subject(let pattern) = $0 { pattern } else { nil } })
        tenants = TextIndex(numbered { if case .tenant(let pattern) = $0 { pattern } else { nil } })
        methods = Dictionary(
            uniqueKeysWithValues: numbered { if case .method(let method) = $0 { method } else { nil } })
        let values = numbered { fact -> (ClaimSource, TextPattern)? in
            if case .claim(let source, let pattern) = fact { (source, pattern) } else { nil }
        }
        claims = Dictionary(grouping: values, by: \.0.0).map { source, values in
            (source, TextIndex(values.map { ($0.0.1, $0.1) }))
        }
        networks = NetworkIndex(numbered { if case .network(let network) = $0 { network } else { nil } })
        groups = NumberLists(count: numbers.facts.count, memberships)
        schemes = TextIndex(
            numbered { fact in
                guard case .scheme(let scheme) = fact else { return nil }
                return TextPattern(bytes: Array(scheme.utf8), isPrefix: false)
            })
        request = RequestFacts(numbers)
    }

    /// All facts that are true of a call. While the first message is not read, what it may have is unreadable.
    ///
    /// - Parameter ofHead: leave out what the first message decides.
    func facts(of question: PolicyQuestion, ofHead: Bool = false) -> FactSet {
        var facts = FactSet()
        if let rpc = question.rpc {
            facts.insert(rpcs[rpc.index])
            facts.insert(flight)
        } else {
            services.forEachMatch(of: question.path.description) { facts.insert($0) }
        }
        addCaller(question.principal, to: &facts)
        if let peer = question.peer { networks.forEachMatch(of: peer) { facts.insert($0) } }
        if let scheme = question.locationScheme { schemes.forEachMatch(of: scheme) { facts.insert($0) } }
        guard !ofHead else { return facts }
        if !writes.isEmpty { facts.insert(writes[question.writes]) }
        request.add(question, to: &facts)
        return facts
    }

    private func addCaller(_ principal: Principal, to facts: inout FactSet) {
        let first = facts.numbers.count
        subjects.forEachMatch(of: principal.subject) { facts.insert($0) }
        for (source, index) in claims {
            source.forEachValue(of: principal) { value in
                index.forEachMatch(of: value) { facts.insert($0) }
            }
        }
        for place in first..<facts.numbers.count {
            for group in groups[facts.numbers[place]] where !facts.contains(group) { facts.insert(group) }
        }
        if let tenant = principal.tenant { tenants.forEachMatch(of: tenant) { facts.insert($0) } }
        if !methods.isEmpty { facts.insert(methods[principal.method]) }
    }
}

extension RPCSelector {
    /// A selector of methods of other services as patterns of paths.
    fileprivate static func patterns(of text: String) -> [TextPattern] {
        if text.hasSuffix(".*") { return [TextPattern(parsing: text)] }
        return [
            TextPattern(bytes: Array(text.utf8), isPrefix: false),
            TextPattern(bytes: Array(text.utf8) + [UInt8(ascii: "/")], isPrefix: true),
        ]
    }
}
