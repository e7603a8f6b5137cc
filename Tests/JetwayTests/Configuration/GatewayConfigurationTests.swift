import JetwayCore
import StrictJSON
import Testing

@testable import Jetway

@Suite struct GatewayConfigurationTests {
    private static let minimal = """
        {"listeners": [{"address": "127.0.0.1:8815"}], "policies": "allowAll",
         "authentication": {"methods": [{"type": "basic", "users": "users.htpasswd"}]},
         "upstreams": {"sales": {"servers": ["grpc://127.0.0.1:9000"] EXTRA}}}
        """

    private func read(_ extra: String = "", file: String = "/etc/jetway/jetway.json") throws -> GatewayConfiguration {
        try GatewayConfiguration.read(Self.minimal.replacing("EXTRA", with: extra), file: file)
    }

    @Test("The defaults are those of the documentation")
    func defaults() throws {
        let configuration = try read()
        let upstream = try #require(configuration.upstreams.first)
        #expect(upstream.locations == .rewrite)
        #expect(upstream.tickets == .seal)
        #expect(upstream.rawTickets == .byPolicy)
        #expect(upstream.credentials == .none)
        #expect(!upstream.allowPlaintextCredentials)
        #expect(configuration.authentication.tokenHeaders == ["authorization"])
        #expect(configuration.authentication.beforeLogin.isEmpty)
        #expect(configuration.routes == nil)
        #expect(configuration.admin == nil)
    }

    @Test("Relative paths are relative to the file")
    func paths() throws {
        func users(_ file: String) throws -> String? {
            guard case .basic(let users, _)? = try read(file: file).authentication.methods.first?.kind else {
                return nil
            }
            return users.path
        }
        #expect(try users("/etc/jetway/jetway.json") == "/etc/jetway/users.htpasswd")
        #expect(try users("sub/jetway.json")?.hasSuffix("/sub/users.htpasswd") == true)
        #expect(try users("jetway.json")?.hasPrefix("/") == true)
    }

    @Test("What is not supported yet is told, what is to be written as well")
    func unsupported() throws {
        let problems = GatewayConfiguration.unsupported(in: try read())
        #expect(
            problems.map(\.description) == [
                "/etc/jetway/jetway.json: /upstreams/sales/locations: \"rewrite\" is not supported yet "
                    + "(write \"locations\": \"keep\")",
                "/etc/jetway/jetway.json: /upstreams/sales/tickets: \"seal\" is not supported yet "
                    + "(write \"tickets\": \"keep\")",
            ])
        let keep = #", "locations": "keep", "tickets": "keep""#
        #expect(GatewayConfiguration.unsupported(in: try read(keep)).isEmpty)
        let more = keep + #", "balance": "hash:header/x", "idempotent": true, "health": {}, "rawTickets": "deny""#
        #expect(
            GatewayConfiguration.unsupported(in: try read(more)).map(\.pointer) == [
                "/upstreams/sales/balance", "/upstreams/sales/rawTickets", "/upstreams/sales/idempotent",
                "/upstreams/sales/health",
            ])
    }

    @Test("Problems do not tell a secret that was written where it must not be")
    func secrets() {
        let problems = GatewayConfiguration.examine(
            Self.minimal.replacing(
                "EXTRA", with: #", "credentials": {"type": "basic", "username": "a", "password": "hunter2"}"#),
            file: "x.json"
        ).problems
        #expect(problems.map(\.pointer) == ["/upstreams/sales/credentials/password"])
        #expect(!ConfigurationProblem.json(problems).contains("hunter2"))
    }

    @Test("Files that a configuration names are missed by their places")
    func files() async throws {
        let problems = try await read(
            #", "credentials": {"type": "bearer", "token": "env:JETWAY_TEST_UNSET"}"#, file: "/nowhere/x.json"
        ).loadProblems()
        #expect(
            problems.map(\.description) == [
                "/nowhere/x.json: /authentication/methods/0/users: /nowhere/users.htpasswd cannot be read: "
                    + "No such file or directory",
                "/nowhere/x.json: /upstreams/sales/credentials/token: the variable JETWAY_TEST_UNSET is not set",
            ])
    }
}
