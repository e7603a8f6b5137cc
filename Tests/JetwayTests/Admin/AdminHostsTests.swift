import Testing

@testable import Jetway

@Suite struct AdminHostsTests {
    @Test(
        "On a loopback address only its names are answered",
        arguments: [
            ("localhost", true), ("LOCALHOST:9901", true), ("127.0.0.1", true), ("127.0.0.1:8080", true),
            ("127.0.0.53", true), ("[::1]:9901", true), ("[::1]", true), ("evil.example.com", false),
            ("evil.example.com:9901", false), ("localhost.example.com", false), ("127.0.0.1.example.com", false),
            ("10.0.0.1", false), ("[2001:db8::1]:9901", false), ("", false), (nil, false), ("[::1", false),
            ("[::1]x", false), ("localhost:9901:1", false), ("localhost:evil", false), ("@localhost", false),
        ] as [(String?, Bool)])
    func loopback(authority: String?, expected: Bool) {
        for host in ["127.0.0.1", "localhost", "::1"] {
            #expect(AdminHosts(listeningOn: host).allow(authority) == expected)
        }
    }

    @Test("On other addresses every name is answered", arguments: ["0.0.0.0", "::", "10.0.0.1", "admin.example.com"])
    func other(host: String) {
        #expect(AdminHosts(listeningOn: host).allow("anything.example.com:9901"))
        #expect(AdminHosts(listeningOn: host).allow(nil))
    }
}
