internal import FlightProtocol
internal import JetwayCore
internal import Logging
internal import NIOCore

/// Tells of each call when it has ended: who called what, how it ended, what it moved. Never a secret.
struct AccessLog: Middleware {
    private let logger: Logger?
    private let file: AccessLogFile?
    private let count: @Sendable (FlightRPC?, GRPCCode?) -> Void

    /// - Parameters:
    ///   - logger: gets a `debug` line for each call.
    ///   - file: gets a line of JSON for each call.
    ///   - count: hears of each call's RPC and status (nil: none was given).
    init(
        logger: Logger, file: AccessLogFile?, count: @escaping @Sendable (FlightRPC?, GRPCCode?) -> Void = { _, _ in }
    ) {
        self.logger = logger.logLevel <= .debug ? logger : nil
        self.file = file
        self.count = count
    }

    func handle(_ call: Call, next: some CallHandler) async throws(Rejection) -> Outcome {
        let outcome: Outcome
        do {
            outcome = try await next.handle(call)
        } catch {
            tell(call, Outcome(status: error.code, endedBy: error.side, reason: error.reason ?? error.message))
            throw error
        }
        tell(call, outcome)
        return outcome
    }

    private func tell(_ call: Call, _ outcome: Outcome) {
        count(call.rpc, outcome.status)
        guard logger != nil || file != nil else { return }
        let line = CallRecord(call, outcome)
        logger?.debug(
            "call finished", metadata: Logger.Metadata(line.fields.map { ($0, "\($1)") }) { first, _ in first })
        file?.write(line)
    }
}

/// What is told of a call, in the order in which it is written.
struct CallRecord: Sendable {
    let fields: [(key: String, value: Value)]

    enum Value: Sendable, CustomStringConvertible {
        case text(String)
        case number(Int64)

        var description: String {
            switch self {
            case .text(let text): text
            case .number(let number): "\(number)"
            }
        }
    }

    init(_ call: Call, _ outcome: Outcome) {
        let microseconds = (NIODeadline.now() - call.received).nanoseconds / 1000
        var fields: [(key: String, value: Value)] = []
        if let id = call.requestID { fields.append(("request-id", .text(id.description))) }
        fields += [
            ("peer", .text(call.peer.host ?? "")),
            ("method", .text(call.path.description)),
            ("status", .text(outcome.status?.description ?? "none")),
            ("ended-by", .text(outcome.endedBy.rawValue)),
            ("reason", .text(outcome.reason ?? "")),
        ]
        if let principal = call.principal {
            fields += [
                ("subject", .text(principal.subject)), ("tenant", .text(principal.tenant ?? "")),
                ("authentication", .text(principal.method.rawValue)),
            ]
        }
        fields += [
            ("bytes-in", .number(Int64(outcome.request.bytes))), ("bytes-out", .number(Int64(outcome.response.bytes))),
            ("rows-in", .number(Int64(outcome.request.rows))), ("rows-out", .number(Int64(outcome.response.rows))),
            ("us", .number(microseconds)),
        ]
        self.fields = fields
    }
}
