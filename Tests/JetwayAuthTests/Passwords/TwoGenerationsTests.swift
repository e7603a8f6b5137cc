import TestSupport
import Testing

@testable import JetwayAuth

@Suite struct TwoGenerationsTests {
    @Test("What is used stays, however much comes and goes beside it")
    func used() {
        var map = TwoGenerations<Int, Int>(capacity: 10)
        map.set(7, for: -1)
        for key in 0..<1000 {
            map.set(key, for: key)
            let kept = map.value(of: -1)
            #expect(kept == 7)
        }
        let forgotten = map.value(of: 0)
        #expect(forgotten == nil)
    }

    @Test(
        "At random it holds what was set last, or nothing, and never more than its capacity",
        arguments: [1, 2] as [UInt64])
    func random(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var map = TwoGenerations<Int, Int>(capacity: 10)
        var model: [Int: Int] = [:]
        for step in 0..<5000 {
            let key = generator.below(20)
            switch generator.below(4) {
            case 0:
                map.remove(key)
                model[key] = nil
            case 1:
                map.set(step, for: key)
                model[key] = step
                let value = map.value(of: key)
                #expect(value == step)
            default:
                let value = map.value(of: key)
                #expect(value == nil || value == model[key])
            }
            #expect(map.count <= 10)
        }
    }
}
