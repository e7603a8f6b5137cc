import NIOCore
import Testing

@testable import JetwayHTTP2

@Suite("PINGs of a client")
struct PingPolicyTests {
    struct Step: Sendable {
        let seconds: UInt64
        var openCalls = true
        var afterTraffic = false
        let isTooMany: Bool
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let steps: [Step]
        var testDescription: String { self.name }
    }

    static let cases: [Case] = [
        Case(name: "every ten seconds with a call", steps: (1...20).map { Step(seconds: $0 * 10, isTooMany: false) }),
        Case(
            name: "every minute without a call",
            steps: (1...20).map { Step(seconds: $0 * 60, openCalls: false, isTooMany: false) }),
        Case(
            name: "every nine seconds with a call",
            steps: [9, 18, 27].map { Step(seconds: $0, isTooMany: false) } + [Step(seconds: 36, isTooMany: true)]),
        Case(
            name: "every ten seconds without a call",
            steps: [10, 20, 30].map { Step(seconds: $0, openCalls: false, isTooMany: false) }
                + [Step(seconds: 40, openCalls: false, isTooMany: true)]),
        Case(
            name: "all at once after traffic each time",
            steps: (1...50).map { _ in Step(seconds: 1, afterTraffic: true, isTooMany: false) }),
        Case(
            name: "traffic forgives strikes",
            steps: [1, 2, 3].map { Step(seconds: $0, isTooMany: false) }
                + [Step(seconds: 4, afterTraffic: true, isTooMany: false)]
                + [5, 6].map { Step(seconds: $0, isTooMany: false) } + [Step(seconds: 7, isTooMany: true)]),
        Case(
            name: "a pause forgives nothing",
            steps: [1, 2, 3, 13].map { Step(seconds: $0, isTooMany: false) } + [Step(seconds: 14, isTooMany: true)]),
    ]

    @Test("Strikes are PINGs that come too soon without DATA or HEADERS", arguments: cases)
    func table(_ example: Case) {
        var policy = PingPolicy(limits: .downstream)
        for (index, step) in example.steps.enumerated() {
            if step.afterTraffic { policy.traffic() }
            let now = NIODeadline.uptimeNanoseconds(step.seconds * 1_000_000_000)
            #expect(policy.ping(now: now, openCalls: step.openCalls) == step.isTooMany, "step \(index)")
        }
    }
}
