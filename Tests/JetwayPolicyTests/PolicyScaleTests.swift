import FlightProtocol
import Foundation
import JetwayCore
import TestSupport
import Testing

@testable import JetwayPolicy

/// How long decisions take with many rules. The times are printed and not asserted: other work on the machine would
/// fail them.
@Suite(.serialized) struct PolicyScaleTests {
    enum Kind: String, CaseIterable {
        case path, ticket, rpc
        /// Paths of one group, which the caller is in.
        case group
        /// As many denies of paths as allows.
        case denies
    }

    private func rule(_ kind: Kind, _ index: Int) -> String {
        let (who, call, effect): (String, String, String) =
            switch kind {
            case .path: ("", #""path": ["sales/region\#(index)/**"]"#, "allow")
            case .ticket: ("", #""ticketPrefix": ["sales/region\#(index)/"]"#, "allow")
            case .rpc: (#""subject": ["basic:user\#(index)"]"#, #""rpc": ["DoGet", "GetFlightInfo"]"#, "allow")
            case .group:
                (#""group": ["all"]"#, #""rpc": ["GetFlightInfo"], "path": ["sales/region\#(index)/**"]"#, "allow")
            case .denies:
                (
                    #""tenant": ["t"]"#, #""path": ["sales/region\#(index)/\#(index % 2 == 0 ? "x" : "**")"]"#,
                    index % 2 == 0 ? "deny" : "allow"
                )
            }
        return #"{"id": "r\#(index)", "effect": "\#(effect)", "who": {\#(who)}, "call": {\#(call)}}"#
    }

    private func compile(_ kind: Kind, _ count: Int) throws -> PolicySnapshot {
        let rules = (0..<count).map { rule(kind, $0) }.joined(separator: ",\n")
        let text = #"{"version": 1, "groups": {"all": ["basic:*"]}, "rules": [\#(rules)]}"#
        return PolicySnapshot(try PolicySet.read([("rules.json", text)], sources: IdentitySources([])))
    }

    private func questions(_ kind: Kind, _ count: Int) -> [PolicyQuestion] {
        var random = SeededGenerator(seed: 1)
        return (0..<2000).compactMap { _ in
            let index = random.below(count + count / 10 + 1)
            let principal = Principal(name: "user\(index)", method: .basic, groups: ["a", "b"], tenant: "t")
            let rpc: FlightRPC = kind == .ticket || kind == .rpc ? .doGet : .getFlightInfo
            var request = FlightRequest()
            if rpc == .doGet {
                request.ticket = .present(Array("sales/region\(index)/2024/part-17".utf8))
            } else {
                request.path = .present(["sales", "region\(index)", "2024"])
            }
            return RPCPath(parsing: rpc.path).map {
                PolicyQuestion(principal: principal, path: $0, now: 1_700_000_000, request: request)
            }
        }
    }

    /// Nanoseconds that one of a hundred takes longer than, the median, and the share that is allowed.
    private func measure(_ questions: [PolicyQuestion], _ body: (PolicyQuestion) -> Bool) -> (
        p50: Int, p99: Int, yes: Int
    ) {
        var times: [Int] = []
        var yes = 0
        for round in 0..<25 {
            for question in questions {
                var (begin, end) = (timespec(), timespec())
                clock_gettime(CLOCK_MONOTONIC, &begin)
                let answer = body(question)
                clock_gettime(CLOCK_MONOTONIC, &end)
                guard round >= 5 else { continue }
                times.append((end.tv_sec - begin.tv_sec) * 1_000_000_000 + end.tv_nsec - begin.tv_nsec)
                if answer { yes += 1 }
            }
        }
        times.sort()
        return (times[times.count / 2], times[times.count * 99 / 100], yes * 100 / times.count)
    }

    @Test("Decisions with 10 and with 10,000 rules", arguments: Kind.allCases)
    func decisions(kind: Kind) throws {
        let clock = measure(questions(kind, 10)) { _ in true }
        print("reading the clock: p50 \(clock.p50) ns, p99 \(clock.p99) ns, in each of the times")
        for count in [10, 1000, 10_000] {
            let snapshot = try compile(kind, count)
            let questions = questions(kind, count)
            let decided = measure(questions) { snapshot.decide($0).isAllowed }
            let unread = questions.map { question in
                var question = question
                question.request = nil
                return question
            }
            let asked = measure(unread) { snapshot.needsFirstMessage($0) }
            print(
                "\(kind.rawValue) \(count): decide p50 \(decided.p50) ns, p99 \(decided.p99) ns,",
                "\(decided.yes) % allowed;",
                "needsFirstMessage p50 \(asked.p50) ns, p99 \(asked.p99) ns, \(asked.yes) %")
            #expect(decided.yes > 0)
        }
    }

    @Test("Time and memory of 10,000 rules", arguments: Kind.allCases)
    func compilation(kind: Kind) throws {
        // The first leaves behind what reading needs for a while, so the difference of more is what is kept.
        var kept = [try compile(kind, 10_000)]
        let before = Self.residentBytes()
        let begin = ContinuousClock.now
        for _ in 0..<3 { kept.append(try compile(kind, 10_000)) }
        let time = begin.duration(to: .now) / 3
        let size = (Self.residentBytes() - before) / 3 / 1024
        print("\(kind.rawValue): 10,000 rules read and compiled in \(time), \(size) KiB")
        #expect(kept.allSatisfy { $0.count == 10_000 })
    }

    private static func residentBytes() -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
    }
}
