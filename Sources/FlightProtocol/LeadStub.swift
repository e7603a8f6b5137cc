package import NIOCore

package struct RPCPath: Sendable, Equatable, CustomStringConvertible {
    package let description: String
    package init?(parsing path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].isEmpty else { return nil }
        for part in parts.dropFirst() {
            guard !part.isEmpty, part.utf8.allSatisfy({ ($0 >= 48 && $0 <= 57) || ($0 >= 65 && $0 <= 90) || ($0 >= 97 && $0 <= 122) || $0 == 46 || $0 == 95 }) else { return nil }
        }
        description = path
    }
}
package enum FlightRPC: Sendable { case doGet, doPut, doExchange, other
    package init?(path: RPCPath) {
        switch path.description {
        case "/arrow.flight.protocol.FlightService/DoGet": self = .doGet
        case "/arrow.flight.protocol.FlightService/DoPut": self = .doPut
        case "/arrow.flight.protocol.FlightService/DoExchange": self = .doExchange
        default: return nil
        }
    }
}
package enum GRPCCode: Int, Sendable { case ok = 0, cancelled, unknown, invalidArgument, deadlineExceeded, notFound, alreadyExists, permissionDenied, resourceExhausted, failedPrecondition, aborted, outOfRange, unimplemented, `internal`, unavailable, dataLoss, unauthenticated
    package init(httpStatus: Int) { self = httpStatus == 400 ? .internal : httpStatus == 401 ? .unauthenticated : httpStatus == 403 ? .permissionDenied : httpStatus == 404 ? .unimplemented : [429,502,503,504].contains(httpStatus) ? .unavailable : .unknown }
    package init(resetCode: UInt32) { self = resetCode == 7 ? .unavailable : resetCode == 8 ? .cancelled : resetCode == 11 ? .resourceExhausted : resetCode == 12 ? .permissionDenied : .internal }
}
package struct GRPCStatus { package let encodedMessage: String
    package init(code: GRPCCode, message: String) { encodedMessage = message } }
package enum GRPCTimeout {
    package static func parse(_ s: String) -> TimeAmount? { guard s.utf8.count <= 9, let n = Int64(s.dropLast()), n >= 0, let u = s.last else { return nil }
        switch u { case "n": return .nanoseconds(n); case "u": return .microseconds(n); case "m": return .milliseconds(n); case "S": return .seconds(n); case "M": return .minutes(n); case "H": return .hours(n); default: return nil } }
    package static func format(_ t: TimeAmount) -> String { t.nanoseconds < 100_000_000 ? "\(t.nanoseconds)n" : "\(min(99999999, t.nanoseconds/1_000_000))m" }
}
package struct GRPCMessageWalker { package init() {}
    package var messages = 0
    var need = 5, prefix = 0, len = 0
    package var isAtMessageBoundary: Bool { prefix == 0 && len == 0 }
    package mutating func consume(_ b: ByteBuffer) {
        b.withUnsafeReadableBytes { p in
            var i = 0
            while i < p.count {
                if len > 0 { let s = min(len, p.count - i); len -= s; i += s; continue }
                let byte = Int(p[i]); i += 1
                if prefix > 0 { need = (need << 8) | byte } else { need = 0 }
                prefix += 1
                if prefix == 5 { prefix = 0; len = need; messages += 1 }
            }
        }
    }
}
package struct FlightDataWalker { package init() {}
    var w = GRPCMessageWalker()
    package var messages: Int { w.messages }; package var recordBatches: Int { 0 }; package var rows: Int { 0 }
    package var isAtMessageBoundary: Bool { w.isAtMessageBoundary }
    package mutating func consume(_ b: ByteBuffer) { w.consume(b) }
}
