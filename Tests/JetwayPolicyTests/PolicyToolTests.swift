import FlightProtocol
import Foundation
import JetwayCore
import Testing

@testable import JetwayPolicy

@Suite struct PolicyToolTests {
    private func set(_ rules: [String], groups: String = "{}") throws -> PolicySet {
        let rules = rules.enumerated().map { #"{"id": "r\#($0)", \#($1)}"# }.joined(separator: ", ")
        return try PolicySet.read(
            [("x.json", #"{"version": 1, "groups": \#(groups), "rules": [\#(rules)]}"#)], sources: IdentitySources([]))
    }

    private func question(_ rpc: FlightRPC, _ subject: String = "a") throws -> PolicyQuestion {
        PolicyQuestion(
            principal: Principal(name: subject, method: .basic), path: try #require(RPCPath(parsing: rpc.path)), now: 0)
    }

    @Test("Rules that can never match are told")
    func never() throws {
        let set = try set(
            [
                #""effect": "allow", "who": {"group": ["empty", "outer"]}"#,
                #""effect": "allow", "call": {"rpc": ["GetFlightInfo"], "ticketPrefix": ["a"], "criteria": ["a"]}"#,
                #""effect": "deny", "call": {"rpc": ["ListFlights"], "writes": true}"#,
                #""effect": "allow", "who": {"method": ["jwt"], "subject": ["basic:a"]}"#,
                #""effect": "allow", "who": {"method": ["jwt"], "certificate": {"san": ["x"]}}"#,
                #""effect": "allow", "who": {"subject": ["basic:b"]}, "when": {"until": "2026-01-01T00:00:00Z"}"#,
                #""effect": "allow", "who": {"subject": ["basic:c"]}"#,
            ], groups: #"{"empty": [], "outer": ["group:empty"], "unused": ["basic:a"]}"#)
        let warnings = PolicyLint.warnings(set, now: 1_800_000_000)
        #expect(warnings.allSatisfy { $0.isWarning })
        #expect(
            warnings.map { "\($0.pointer): \($0.problem)" } == [
                "/groups/empty: the group has no members", "/groups/outer: the group has no members",
                "/groups/unused: no rule asks for the group",
                "/rules/0: the rule r0 can never match: its groups have no members",
                "/rules/1: the rule r1 can never match: its RPCs have no ticket, no criteria",
                "/rules/2: the rule r2 can never match: its RPCs do not write",
                "/rules/3: the rule r3 can never match: its subjects are of other methods",
                "/rules/4: the rule r4 can never match: its methods have no certificate",
                "/rules/5: the rule r5 can never match: its \"until\" is over",
            ])
    }

    @Test(
        "Rules whose calls another rule takes are told",
        arguments: [
            (#""effect": "allow""#, #""effect": "allow", "call": {"rpc": ["DoGet"]}"#, [1]),
            (#""effect": "allow", "call": {"rpc": ["DoGet"]}"#, #""effect": "allow""#, []),
            (
                #""effect": "allow", "call": {"path": ["a/**"]}"#, #""effect": "allow", "call": {"path": ["a/*/b"]}"#,
                [1]
            ),
            (#""effect": "allow", "call": {"path": ["a/*"]}"#, #""effect": "allow", "call": {"path": ["a/**"]}"#, []),
            (
                #""effect": "allow", "call": {"ticketPrefix": ["a"]}"#,
                #""effect": "deny", "call": {"ticketPrefix": ["a", "b"]}"#, [0]
            ),
            (
                #""effect": "deny", "call": {"ticketPrefix": ["a"]}"#,
                #""effect": "allow", "call": {"ticketPrefix": ["ab"]}"#, [1]
            ),
            (#""effect": "deny""#, #""effect": "deny", "who": {"subject": ["basic:a"]}"#, [1]),
            (#""effect": "deny", "mode": "observe""#, #""effect": "allow""#, []),
            (#""effect": "allow", "when": {"hours": "06:00-07:00"}"#, #""effect": "allow""#, []),
            (
                #""effect": "allow", "who": {"subject": ["basic:*"]}"#,
                #""effect": "allow", "who": {"subject": ["basic:a*", "jwt:x"]}"#, []
            ),
            (#""effect": "allow", "call": {"rpc": ["/a.B"]}"#, #""effect": "allow", "call": {"rpc": ["DoGet"]}"#, []),
        ])
    func shadowed(first: String, second: String, expected: [Int]) throws {
        let warnings = PolicyLint.warnings(try set([first, second]), now: 0)
        #expect(warnings.map(\.pointer) == expected.map { "/rules/\($0)" })
    }

    @Test("An explanation tells the rule that decides, and of the nearer ones why they do not")
    func explanation() throws {
        let snapshot = PolicySnapshot(
            try set([
                #""effect": "deny", "who": {"subject": ["basic:b"]}"#,
                #""effect": "allow", "call": {"path": ["x/**"]}, "who": {"subject": ["basic:a"]}"#,
                #""effect": "allow", "call": {"rpc": ["DoGet"]}"#,
                #""effect": "allow", "call": {"rpc": ["GetFlightInfo"]}"#,
                #""effect": "allow", "who": {"tenant": ["t"]}"#,
                #""effect": "deny", "mode": "observe", "call": {"path": ["y"]}"#,
            ]))
        var question = try question(.getFlightInfo)
        question.request = FlightRequest()
        question.request?.path = .present(["y"])
        #expect(
            snapshot.explain(question).text == """
                allow by the rule r3
                observed: the rule r5 would deny
                not r1 (allow): the path is y
                not r0 (deny): the caller is basic:a
                not r2 (allow): the call is GetFlightInfo
                """)
        question = try self.question(.doPut)
        question.request = FlightRequest()
        #expect(snapshot.explain(question).text.hasPrefix("deny: no rule allows the call\n"))
        question = try self.question(.doPut, "b")
        question.request = FlightRequest()
        #expect(snapshot.explain(question).text == "deny by the rule r0")
    }

    @Test("A flight is listed if it may be asked for or fetched, an action if it may be run")
    func lists() throws {
        let snapshot = PolicySnapshot(
            try set([
                #""effect": "allow", "call": {"rpc": ["GetFlightInfo"], "path": ["a/**"]}"#,
                #""effect": "allow", "call": {"rpc": ["DoGet"], "path": ["b"]}"#,
                #""effect": "deny", "call": {"path": ["a/closed"]}"#,
                #""effect": "allow", "call": {"action": ["run"]}"#,
                #""effect": "allow", "call": {"sql": ["read", "transaction"]}"#,
            ]))
        let flights = [(["a", "x"], true), (["b"], true), (["c"], false), (["a", "closed"], false)]
        for (path, expected) in flights {
            var flight = FlightRequest()
            flight.path = .present(path)
            let question = try question(.listFlights)
            #expect(snapshot.mayUse(flight: flight, question) == expected, "\(path)")
        }
        let actions = [
            ("run", true), ("stop", false), ("CreatePreparedStatement", true), ("BeginTransaction", true),
            ("ClosePreparedStatement", false),
        ]
        for (action, expected) in actions {
            let question = try question(.listActions)
            #expect(snapshot.mayUse(action: action, question) == expected, "\(action)")
        }
    }

    @Test("Locations are offered by rules about them alone")
    func locations() throws {
        let snapshot = PolicySnapshot(
            try set([
                #""effect": "allow""#,
                #""effect": "allow", "who": {"method": ["basic"]}, "call": {"locationSchemes": ["https"]}"#,
                #""effect": "deny", "who": {"subject": ["basic:b"]}, "call": {"locationSchemes": ["https", "http"]}"#,
            ]))
        for (subject, scheme, expected) in [
            ("a", "https", true), ("a", "http", false), ("b", "https", false), ("c", "https", true),
        ] {
            let question = try question(.getFlightInfo, subject)
            #expect(snapshot.mayOffer(scheme: scheme, question) == expected)
            #expect(snapshot.decide(question).rule == "r0")
        }
    }

    @Test("Limits are those of the first rule that allows")
    func limits() throws {
        let snapshot = PolicySnapshot(
            try set([
                #""effect": "allow", "limits": {"bytesPerSecond": "200MiB", "callDuration": "10m", "endpoints": 3}"#,
                #""effect": "allow", "who": {"subject": ["basic:a"]}, "limits": {"rowsPerCall": 1}"#,
            ]))
        var limits = RuleLimits()
        limits.bytesPerSecond = 200 << 20
        limits.callDuration = .seconds(600)
        limits.endpoints = 3
        let question = try question(.doGet)
        #expect(snapshot.decide(question).limits == limits)
    }

    @Test(
        "Offsets of time zones are those of the system",
        arguments: [
            "Europe/Paris", "America/New_York", "Asia/Kolkata",
            "Australia/Lord_Howe", "America/Sao_Paulo", "UTC",
        ])
    func zones(name: String) throws {
        let offsets = try #require(ZoneOffsets(named: name))
        let zone = try #require(TimeZone(identifier: name))
        for seconds in stride(from: 1_000_000_000, to: 2_500_000_000, by: 86_400 * 3 + 1801) {
            #expect(
                offsets.offset(at: seconds) == zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))))
        }
    }
}
