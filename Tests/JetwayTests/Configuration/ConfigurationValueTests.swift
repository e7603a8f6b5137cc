import FlightProtocol
import Foundation
import JetwayCore
import StrictJSON
import Testing

@testable import Jetway

@Suite struct ConfigurationValueTests {
    @Test(
        "Loopback is told by the address, not by how it looks",
        arguments: [
            ("127.0.0.1", true), ("127.1.2.3", true), ("::1", true), ("[::1]", true), ("localhost", true),
            ("0.0.0.0", false), ("::", false), ("127.evil.example", false), ("::127.0.0.1", false),
            ("1.0.0.127", false),
            ("::ffff:127.0.0.1", false), ("localhost.example", false), ("", false),
        ])
    func loopback(host: String, expected: Bool) {
        #expect(IPAddress.isLoopback(host) == expected)
    }

    @Test("A pattern of services takes a service or a package, whole names only")
    func services() throws {
        let package = try ServicePattern(parsing: "/acme.*")
        let service = try ServicePattern(parsing: "/acme.Orders")
        let matches = { (pattern: ServicePattern, path: String) in RPCPath(parsing: path).map(pattern.matches) }
        #expect(matches(package, "/acme.Orders/Get") == true)
        #expect(matches(package, "/acme.v1.Orders/Get") == true)
        #expect(matches(package, "/acmee.Orders/Get") == false)
        #expect(matches(package, "/acme/Get") == false)
        #expect(matches(service, "/acme.Orders/Get") == true)
        #expect(matches(service, "/acme.OrdersV2/Get") == false)
    }

    @Test(
        "Times are told in their largest unit",
        arguments: [
            ("90s", "90s"), ("60s", "1m"), ("24h", "1d"), ("1500ms", "1500ms"), ("1000ms", "1s"), ("0ms", "0s"),
        ])
    func times(text: String, expected: String) throws {
        #expect(DurationText.text(try DurationText.parse(text, in: .zero ... .days(1))) == expected)
    }

    @Test("A secret is the file's text without the last line's end, or the variable's")
    func secrets() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: file) }
        let pointer = JSONPointer.root.appending("password")
        let secret = Secret.file(FileReference(path: file, pointer: pointer))
        for (text, expected) in [("a b\n", "a b"), ("a\r\n", "a"), (" a ", " a ")] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: file))
            #expect(try secret.resolve(configuration: "x.json") == expected)
        }
        let variable = Secret.variable("PASSWORD", pointer: pointer)
        #expect(try variable.resolve(configuration: "x.json", environment: ["PASSWORD": "a"]) == "a")
    }

    @Test("Of a secret that is not there the place is told, never a value")
    func missingSecrets() {
        let pointer = JSONPointer.root.appending("password")
        let variable = Secret.variable("PASSWORD", pointer: pointer)
        let unset = #expect(throws: ConfigurationProblem.self) {
            try variable.resolve(configuration: "x.json", environment: [:])
        }
        #expect(unset?.description == "x.json: /password: the variable PASSWORD is not set")
        let empty = #expect(throws: ConfigurationProblem.self) {
            try variable.resolve(configuration: "x.json", environment: ["PASSWORD": ""])
        }
        #expect(empty?.description == "x.json: /password: the secret is empty")
        for text in ["a\nb", "a\r", "a\u{7F}", "\t"] {
            let control = #expect(throws: ConfigurationProblem.self) {
                try variable.resolve(configuration: "x.json", environment: ["PASSWORD": text])
            }
            #expect(control?.problem.hasPrefix("the secret has control characters") == true)
        }
        let absent = #expect(throws: ConfigurationProblem.self) {
            try Secret.file(FileReference(path: "/nowhere/x", pointer: pointer)).resolve(configuration: "x.json")
        }
        #expect(absent?.description == "x.json: /password: /nowhere/x cannot be read")
    }
}
