import Testing

@testable import Jetway

@Suite struct FileChangesTests {
    @Test(
        "A change is told once, after a look that saw no further one",
        arguments: [
            ([0, 0, 0], [false, false, false]), ([1, 1, 1], [false, true, false]),
            ([1, 2, 3, 3, 3], [false, false, false, true, false]), ([1, 0, 0], [false, false, false]),
            ([1, 0, 1, 1], [false, false, false, true]), ([1, 1, 0, 0], [false, true, false, true]),
        ])
    func looks(seen: [Int], told: [Bool]) {
        var changes = FileChanges(0)
        #expect(seen.map { changes.look($0) } == told)
    }
}
