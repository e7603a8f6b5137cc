internal import Foundation
internal import StrictJSON

extension GatewayConfiguration {
    package enum Policies: Sendable, Hashable {
        /// Every caller may do everything.
        case allowAll
        /// Patterns (glob) of files with rules.
        case files([FileReference])
    }

    package struct Telemetry: Sendable, Hashable {
        /// Where lines go.
        package enum Log: Sendable, Hashable {
            case off
            case standardError
            case standardOutput
            case file(FileReference)
        }

        /// A line for each call.
        package var accessLog = Log.standardError
        /// A line for each decision.
        package var audit = Log.off
        /// Where traces are sent: a collector of OpenTelemetry.
        package var tracesCollector: String?
    }
}

extension GatewayConfiguration.Policies {
    static func read(_ cursor: JSONCursor, folder: ConfigurationFolder) -> Self? {
        guard case .array = cursor.value else {
            if case .string("allowAll") = cursor.value { return .allowAll }
            cursor.report(
                "expected \"allowAll\" or a list of files", hint: "such as [\"policies/*.json\"]")
            return nil
        }
        return cursor.distinct { $0.file(in: folder) }.map(Self.files)
    }

    var json: JSONValue {
        switch self {
        case .allowAll: .string("allowAll")
        case .files(let files): .array(files.map(\.json))
        }
    }
}

extension GatewayConfiguration.Telemetry {
    static func read(_ cursor: JSONCursor, folder: ConfigurationFolder) -> Self? {
        cursor.object { object in
            var telemetry = Self()
            let access = object.optional("accessLog") { Log.read($0, folder: folder) }
            let audit = object.optional("audit") { Log.read($0, folder: folder) }
            telemetry.accessLog = access ?? .standardError
            telemetry.audit = audit ?? .off
            telemetry.tracesCollector = object.optional("traces") { cursor in
                cursor.object { object in
                    object.required("otlp") { cursor in
                        cursor.parse { text throws(JSONMismatch) in
                            try ConfigurationText.webAddress(text, plaintext: true).absoluteString
                        }
                    }
                }
            }
            return telemetry
        }
    }

    var json: JSONValue {
        .object(present: [
            "accessLog": accessLog.json, "audit": audit.json,
            "traces": tracesCollector.map { .object([.init("otlp", .string($0))]) },
        ])
    }
}

extension GatewayConfiguration.Telemetry.Log {
    private static let words: KeyValuePairs<String, Self> = [
        "off": .off, "stderr": .standardError, "stdout": .standardOutput,
    ]

    static func read(_ cursor: JSONCursor, folder: ConfigurationFolder) -> Self? {
        if case .string(let text) = cursor.value, let log = words.first(where: { $0.key == text })?.value {
            return log
        }
        return cursor.file(in: folder).map(Self.file)
    }

    var json: JSONValue {
        if case .file(let file) = self { return file.json }
        return .string(Self.words.first { $0.value == self }?.key ?? "off")
    }
}
