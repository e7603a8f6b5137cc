import FlightProtocol
import JetwayCore
import NIOCore
import NIOHPACK
import TestSupport
import Testing

@testable import JetwayPolicy

/// Rules and calls of a small world, so that they often meet.
struct RandomPolicy {
    var random: SeededGenerator
    private var count = 0

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    private mutating func some(_ texts: [String], percent: Int) -> String? {
        guard random.chance(percent) else { return nil }
        let chosen = texts.filter { _ in random.chance(40) }
        let list = chosen.isEmpty ? [texts[random.below(texts.count)]] : chosen
        return "[" + list.map { $0.first == "{" ? $0 : "\"\($0)\"" }.joined(separator: ", ") + "]"
    }

    private func object(_ members: [(String, String?)]) -> String {
        "{" + members.compactMap { key, value in value.map { "\"\(key)\": \($0)" } }.joined(separator: ", ") + "}"
    }

    mutating func rule(effect: RuleEffect? = nil) -> String {
        count += 1
        let effect = effect ?? (random.chance(35) ? .deny : .allow)
        let who = object([
            ("subject", some(["basic:a", "basic:b", "jwt:x:*", "basic:*"], percent: 25)),
            ("group", some(["g1", "g2", "g3"], percent: 25)), ("tenant", some(["t1", "t2", "t*"], percent: 15)),
            ("method", some(["basic", "jwt"], percent: 10)),
            ("claims", random.chance(10) ? "{\"role\": [\"r1\", \"r2*\"]}" : nil),
            ("from", some(["10.0.0.0/8", "10.1.0.0/16", "fd00::/8", "192.168.0.1"], percent: 10)),
        ])
        let call = object([
            (
                "rpc",
                some(
                    ["GetFlightInfo", "DoGet", "DoPut", "DoAction", "ListFlights", "/p.S", "/p.*", "/p.S/M"],
                    percent: 30)
            ),
            ("path", some(["a/b", "a/*", "a/**", "**", "**/b", "*/b/**", "a/**/c"], percent: 25)),
            ("ticketPrefix", some(["a", "a/", "a/b", "b"], percent: 20)), ("command", some(["S", "SE"], percent: 10)),
            ("action", some(["x", "x*", "y"], percent: 15)), ("criteria", some(["a", "ab"], percent: 10)),
            (
                "sql",
                some(
                    [
                        "read", "write", "write?", "prepared", "metadata", "CommandStatementIngest",
                        #"{"table": ["s*"]}"#, #"{"is": ["write"], "schema": ["s1"], "mode": ["append"]}"#,
                    ], percent: 20)
            ),
            ("writes", random.chance(10) ? "\(random.chance(50))" : nil),
            ("headers", random.chance(10) ? "{\"x-a\": [\"1\", \"2*\"]}" : nil),
        ])
        let when = random.chance(10) ? #"{"hours": "06:00-18:00", "days": ["mon", "tue", "sat"]}"# : nil
        let isObserved = random.chance(10)
        return object([
            ("id", "\"r\(count)\""), ("effect", "\"\(effect.rawValue)\""), ("mode", isObserved ? "\"observe\"" : nil),
            ("who", who), ("call", call), ("when", when),
        ])
    }

    mutating func rules() -> [String] { (0..<random.below(12)).map { _ in rule() } }

    static let groups =
        #"{"g1": ["basic:a", "claim:groups=k"], "g2": ["group:g1", "jwt:x:*"], "g3": ["claim:role=r*"]}"#

    static func set(_ files: [[String]]) throws -> PolicySet {
        let texts = files.enumerated().map { index, rules -> (name: String, text: String) in
            let groups = index == 0 ? "\"groups\": \(groups)," : ""
            let list = rules.joined(separator: ",\n")
            return (name: "\(index).json", text: "{\"version\": 1, \(groups) \"rules\": [\(list)]}")
        }
        return try PolicySet.read(texts, sources: IdentitySources([]))
    }

    private mutating func one<T>(_ list: [T]) -> T { list[random.below(list.count)] }

    private mutating func part<T>(_ values: [T]) -> FlightRequest.Part<T> {
        random.chance(50) ? .absent : random.chance(15) ? .unreadable : .present(one(values))
    }

    mutating func question() throws -> PolicyQuestion {
        let method = one([Principal.Method.basic, .jwt])
        let principal = Principal(
            name: one(["a", "b", "c"]), method: method, source: method == .jwt ? one(["x", "y"]) : nil,
            groups: one([[], ["k"], ["k", "l"]]), tenant: one([nil, "t1", "u"]),
            claims: one([[:], ["role": ["r1"]], ["role": ["q", "r25"]]]))
        let paths = FlightRPC.allCases.map(\.path) + ["/p.S/M", "/p.S/N", "/p.T/M", "/q.S/M"]
        var question = PolicyQuestion(
            principal: principal, path: try #require(RPCPath(parsing: one(paths))), now: random.below(2_000_000_000))
        question.peer = try one([nil, "10.1.2.3", "10.2.0.1", "fd00::1", "192.168.0.1", "::ffff:10.0.0.9"])
            .map { try SocketAddress(ipAddress: $0, port: 1) }
        question.headers = one([[:], ["x-a": "1"], ["x_a": "25", "X-A": "1"], ["x-a": "1", "x_a": "3"], ["x-b": "1"]])
        if random.chance(90) { question.request = request() }
        return question
    }

    private mutating func request() -> FlightRequest {
        var request = FlightRequest()
        request.path = part([
            ["a", "b"], ["a"], ["a", "x", "c"], ["b"], ["a/b"], ["a", ".."], ["a", "", "b"], [], ["c", "b", "d", "b"],
        ])
        request.ticket = part(["a", "a/b/c", "b1", "", "c"].map { Array($0.utf8) })
        request.command = part(["SELECT", "S", "INSERT"].map { Array($0.utf8) })
        request.action = part(["x", "xy", "y", "z"])
        request.criteria = part(["", "a", "abc"].map { Array($0.utf8) })
        var sql = SQLRequest(
            message: one(["CommandStatementIngest", "CommandStatementQuery", "ActionClosePreparedStatementRequest"]),
            kind: one(SQLKind.allCases))
        sql.schema = one([nil, "s1", "s2"])
        sql.table = one([nil, "s", "t"])
        sql.mode = one([nil, "append"])
        request.sql = part([sql])
        return request
    }
}
