internal import FlightProtocol
internal import JetwayCore
internal import JetwayHTTP2
internal import NIOHPACK

/// What a response's head or trailers say, parsed once for each distinct header list.
final class ResponseFacts {
    /// `grpc-status`; nil where there is none, unknown for a number that gRPC does not have.
    let status: GRPCCode?
    /// Why the head is not that of a gRPC response; nil for a good one, and for trailers.
    let failure: Rejection?

    static func of(_ list: HeaderList) -> ResponseFacts {
        if let known = list.annotation as? ResponseFacts { return known }
        let facts = ResponseFacts(list)
        list.annotation = facts
        return facts
    }

    private init(_ list: HeaderList) {
        let fields = list.fields
        self.status = fields.first(name: "grpc-status").map { GRPCCode(trailer: $0) }
        guard let http = fields.first(name: ":status") else {
            self.failure = nil
            return
        }
        let contentType = fields.first(name: "content-type") ?? ""
        if status != nil {
            self.failure = nil
        } else if http != "200" {
            self.failure = Rejection(
                GRPCCode(httpStatus: Int(http) ?? 0), "the upstream answered with HTTP status \(http)", side: .upstream)
        } else if !GRPCContentType.isGRPC(contentType) {
            self.failure = Rejection(.unknown, "the upstream's answer is not gRPC", side: .upstream)
        } else {
            self.failure = nil
        }
    }
}
