import JetwayCore
import NIOCore
import Testing

@Suite struct NetworkListTests {
    private func address(_ text: String) throws -> SocketAddress {
        try SocketAddress(ipAddress: text, port: 1)
    }

    @Test(
        "An address is in a list if one of its networks has it",
        arguments: [
            (["10.0.0.0/8"], "10.255.255.255", true), (["10.0.0.0/8"], "11.0.0.0", false),
            (["10.0.0.0/8", "192.168.1.0/24", "192.168.2.0/24"], "192.168.2.77", true),
            (["10.0.0.0/8", "192.168.1.0/24", "192.168.2.0/24"], "192.168.3.77", false),
            (["127.0.0.1"], "127.0.0.1", true), (["127.0.0.1"], "127.0.0.2", false),
            (["192.0.2.128/25"], "192.0.2.127", false), (["192.0.2.128/25"], "192.0.2.128", true),
            (["0.0.0.0/0"], "203.0.113.9", true), (["fd00::/8"], "fdff::1", true), (["fd00::/8"], "fe00::1", false),
            (["2001:db8::/33"], "2001:db8:7fff::1", true), (["2001:db8::/33"], "2001:db8:8000::1", false),
            (["::1/128"], "::1", true), (["::/0"], "2001:db8::1", true), ([], "127.0.0.1", false),
        ])
    func contains(networks: [String], address text: String, expected: Bool) throws {
        let list = try NetworkList(parsing: networks)
        #expect(list.contains(try address(text)) == expected)
    }

    @Test(
        "An IPv4 address is the same in the form of IPv6, and in no network of IPv6 proper",
        arguments: [
            ("10.0.0.0/8", "::ffff:10.1.2.3", true), ("::ffff:10.0.0.0/104", "10.1.2.3", true),
            ("::ffff:10.0.0.0/104", "11.1.2.3", false), ("::/0", "10.1.2.3", false), ("::/0", "::ffff:10.1.2.3", false),
            ("0.0.0.0/0", "::10.1.2.3", false), ("0.0.0.0/0", "2001:db8::1", false),
        ])
    func mapped(network: String, address text: String, expected: Bool) throws {
        let list = try NetworkList(parsing: [network])
        #expect(list.contains(try address(text)) == expected)
    }

    @Test("A unix socket is in no network")
    func unixSocket() throws {
        let list = try NetworkList(parsing: ["0.0.0.0/0", "::/0"])
        #expect(!list.contains(try SocketAddress(unixDomainSocketPath: "/run/jetway.sock")))
    }

    @Test("Bytes are an address only if there are 4 or 16", arguments: 0...20)
    func bytes(count: Int) throws {
        let list = try NetworkList(parsing: ["0.0.0.0/0", "::/0"])
        #expect(list.contains([UInt8](repeating: 1, count: count)) == (count == 4 || count == 16))
    }

    @Test(
        "What is no network is refused with the reason",
        arguments: [
            ("", IPNetwork.Problem.notAnAddress), ("localhost", .notAnAddress), ("10.0.0/8", .notAnAddress),
            ("10.0.0.0.0/8", .notAnAddress), ("10.0.0.0\0/8", .notAnAddress), ("/8", .notAnAddress),
            ("fe80::1%eth0", .notAnAddress), (" 10.0.0.0/8", .notAnAddress), ("10.0.0.0/33", .notAPrefix(bits: 32)),
            ("10.0.0.0/", .notAPrefix(bits: 32)), ("10.0.0.0/-1", .notAPrefix(bits: 32)),
            ("10.0.0.0/8/8", .notAPrefix(bits: 32)), ("10.0.0.0/99999999999999999999", .notAPrefix(bits: 32)),
            ("10.0.0.0/٨", .notAPrefix(bits: 32)), ("fd00::/129", .notAPrefix(bits: 128)),
            ("10.0.0.1/8", .bitsBehindPrefix), ("fd00::1/8", .bitsBehindPrefix),
            ("::ffff:0.0.0.0/95", .bitsBehindPrefix),
        ])
    func problems(text: String, problem: IPNetwork.Problem) {
        #expect(throws: problem) { try IPNetwork(parsing: text) }
        #expect(throws: NetworkList.Problem(index: 1, problem: problem)) {
            try NetworkList(parsing: ["10.0.0.0/8", text])
        }
    }
}
