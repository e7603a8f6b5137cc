import Testing

@testable import JetwayHTTP2

@Suite("Streams that were reset lately")
struct RecentlyResetTests {
    private static func id(_ number: Int) -> StreamID {
        StreamID(rawValue: UInt32(number))
    }

    @Test("The last ones are remembered, and only as many as there is room for")
    func ring() {
        var streams = RecentlyReset(capacity: 3)
        for number in 1...100 {
            streams.insert(Self.id(number))
            for other in 1...100 {
                #expect(streams.contains(Self.id(other)) == (other <= number && other > number - 3))
            }
        }
    }

    @Test("A stream that is remembered already takes no second place")
    func twice() {
        var streams = RecentlyReset(capacity: 2)
        for number in [1, 2, 2, 2] { streams.insert(Self.id(number)) }
        #expect(streams.contains(Self.id(1)) && streams.contains(Self.id(2)))
        streams.insert(Self.id(3))
        #expect(!streams.contains(Self.id(1)) && streams.contains(Self.id(2)) && streams.contains(Self.id(3)))
    }

    @Test("Without room nothing is remembered", arguments: [0, -1])
    func none(capacity: Int) {
        var streams = RecentlyReset(capacity: capacity)
        streams.insert(Self.id(1))
        #expect(!streams.contains(Self.id(1)))
    }
}
