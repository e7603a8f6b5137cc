package import JetwayCore
internal import JetwayRelay
internal import StrictJSON

extension GatewayConfiguration {
    /// Every setting with its value, defaults as well, as a configuration file that says the same. Secrets stay where they are.
    package var effective: String { json.text }

    private var json: JSONValue {
        .object(present: [
            "listeners": .array(listeners.map(\.json)), "admin": admin?.json, "authentication": authentication.json,
            "upstreams": .object(upstreams.map { .init($0.name, $0.json) }),
            "routes": routes.map { .array($0.map(\.json)) }, "policies": policies.json, "limits": limits.json,
            "telemetry": telemetry.json,
        ])
    }
}

extension ConfigurationProblem {
    /// Problems for a program: a JSON list.
    package static func json(_ problems: [ConfigurationProblem]) -> String {
        let list = problems.map { problem in
            JSONValue.object(present: [
                "file": .string(problem.file), "pointer": .string(problem.pointer),
                "line": problem.line.map(JSONValue.integer), "column": problem.column.map(JSONValue.integer),
                "problem": .string(problem.problem), "hint": problem.hint.map(JSONValue.string),
                "warning": problem.isWarning ? .boolean(true) : nil,
            ])
        }
        return JSONValue.array(list).text
    }
}
