/// The content types of gRPC (gRPC over HTTP/2, "Content-Type").
package enum GRPCContentType {
    /// What we send.
    package static let standard = "application/grpc"

    /// `application/grpc`, alone or with a `+format` or parameters.
    package static func isGRPC(_ contentType: String) -> Bool {
        guard contentType.utf8.starts(with: "application/grpc".utf8) else { return false }
        switch contentType.utf8.dropFirst(16).first {
        case nil, UInt8(ascii: "+"), UInt8(ascii: ";"): return true
        default: return false
        }
    }
}
