import FlightProtocol
import JetwayCore
import TestSupport
import Testing

@testable import JetwayPolicy

@Suite struct PolicyPropertyTests {
    private static let seeds = (0..<8).map { UInt64($0) }

    @Test("What is compiled decides as the rules read one after the other", arguments: seeds)
    func reference(seed: UInt64) throws {
        var world = RandomPolicy(seed: seed)
        for _ in 0..<120 {
            let set = try RandomPolicy.set([world.rules(), world.rules()])
            let snapshot = PolicySnapshot(set)
            for _ in 0..<40 {
                let question = try world.question()
                let expected = ReferencePolicy(set: set).decide(question)
                let found = snapshot.decide(question)
                #expect(found.effect == expected.effect && found.rule == expected.rule, "\(question) \(set.rules)")
                #expect(found.observed.map(\.id) == expected.observed, "\(question) \(set.rules)")
            }
        }
    }

    @Test("A further deny allows nothing more, a further allow denies nothing more", arguments: seeds)
    func monotone(seed: UInt64) throws {
        var world = RandomPolicy(seed: seed &+ 1000)
        for _ in 0..<120 {
            let rules = world.rules()
            let place = world.random.below(rules.count + 1)
            func with(_ rule: String) throws -> PolicySnapshot {
                PolicySnapshot(try RandomPolicy.set([Array(rules[..<place]) + [rule] + rules[place...]]))
            }
            let before = PolicySnapshot(try RandomPolicy.set([rules]))
            let denying = try with(world.rule(effect: .deny))
            let allowing = try with(world.rule(effect: .allow))
            for _ in 0..<40 {
                let question = try world.question()
                let isAllowed = before.decide(question).isAllowed
                #expect(isAllowed || !denying.decide(question).isAllowed)
                #expect(!isAllowed || allowing.decide(question).isAllowed)
            }
        }
    }

    @Test("The order of files and rules changes no decision", arguments: seeds)
    func order(seed: UInt64) throws {
        var world = RandomPolicy(seed: seed &+ 2000)
        for _ in 0..<120 {
            let rules = world.rules()
            let one = PolicySnapshot(try RandomPolicy.set([rules]))
            let shuffled = rules.shuffled(using: &world.random)
            let cut = world.random.below(rules.count + 1)
            let two = PolicySnapshot(try RandomPolicy.set([Array(shuffled[..<cut]), Array(shuffled[cut...])]))
            for _ in 0..<40 {
                let question = try world.question()
                #expect(one.decide(question).effect == two.decide(question).effect)
                #expect(
                    Set(one.decide(question).observed.map(\.id)) == Set(two.decide(question).observed.map(\.id)))
            }
        }
    }

    @Test("Where the first message is not needed, nothing in it changes the decision", arguments: seeds)
    func message(seed: UInt64) throws {
        var world = RandomPolicy(seed: seed &+ 3000)
        var notNeeded = 0
        for _ in 0..<250 {
            let snapshot = PolicySnapshot(try RandomPolicy.set([world.rules()]))
            for _ in 0..<20 {
                var question = try world.question()
                question.request = question.request?.possible(for: question.rpc)
                var unread = question
                unread.request = nil
                guard question.request != nil, !snapshot.needsFirstMessage(unread) else { continue }
                notNeeded += 1
                let (read, before) = (snapshot.decide(question), snapshot.decide(unread))
                #expect(read.effect == before.effect && read.observed == before.observed)
                // Of several rules that deny, another one may be named.
                #expect(!read.isAllowed || read == before)
            }
        }
        #expect(notNeeded > 200)
    }

    @Test("An explanation tells a reason for each rule that would have decided", arguments: seeds)
    func explanations(seed: UInt64) throws {
        var world = RandomPolicy(seed: seed &+ 4000)
        for _ in 0..<50 {
            let set = try RandomPolicy.set([world.rules()])
            let snapshot = PolicySnapshot(set)
            for _ in 0..<10 {
                let question = try world.question()
                let explanation = snapshot.explain(question, limit: 100)
                let denies = set.rules.filter { $0.mode == .enforce && $0.effect == .deny }.map(\.id)
                let told = Set(explanation.nearer.map(\.rule))
                if explanation.decision.isAllowed { #expect(told.isSuperset(of: denies)) }
                #expect(!told.contains(explanation.decision.rule ?? ""))
                #expect(explanation.nearer.allSatisfy { !$0.reason.isEmpty })
            }
        }
    }
}

extension FlightRequest {
    /// Without the parts that the RPC cannot have.
    fileprivate func possible(for rpc: FlightRPC?) -> FlightRequest {
        var request = self
        func has(_ part: RequestPart) -> Bool { rpc.map { part.rpcs.contains($0) } ?? false }
        if !has(.path) { request.path = .absent }
        if !has(.command) { request.command = .absent }
        if !has(.ticket) { request.ticket = .absent }
        if !has(.action) { request.action = .absent }
        if !has(.criteria) { request.criteria = .absent }
        if !has(.sql) { request.sql = .absent }
        return request
    }
}
