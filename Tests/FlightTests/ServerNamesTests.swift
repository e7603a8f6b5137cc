import Testing

@testable import Flight

@Suite struct ServerNamesTests {
    private static let names = {
        var names = ServerNames<Int>()
        for (value, name) in ["flight.example.com", "*.example.com", "*.EXAMPLE.org.", "flight.example.com"]
            .enumerated()
        {
            names.add(name, value)
        }
        return names
    }()

    @Test(
        "A name is served by itself, else by a wildcard in place of its first label",
        arguments: [
            ("flight.example.com", 0), ("FLIGHT.Example.com", 0), ("flight.example.com.", 0), ("other.example.com", 1),
            ("*.example.com", 1), ("a.example.org", 2), ("example.com", nil), ("a.b.example.com", nil),
            (".example.com", nil), ("com", nil), ("", nil), (".", nil), ("flight.example.comx", nil),
        ] as [(String, Int?)])
    func lookUp(name: String, expected: Int?) {
        #expect(Self.names[name] == expected)
    }
}
