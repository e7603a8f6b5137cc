internal import NIOCore
internal import NIOPosix
internal import NIOSSL

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Something that keeps a server, a client or a gateway from starting or going on, in one line for its operator.
package struct FlightProblem: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }

    /// An error of the system or of a library in words for an operator.
    package static func describe(_ error: any Error) -> String {
        switch error {
        case let error as IOError where error.errnoCode == EADDRINUSE: "the address is in use"
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case NIOSSLError.failedToLoadCertificate: "it is not a PEM file with a certificate"
        case NIOSSLError.failedToLoadPrivateKey: "it is not a PEM file with a private key"
        case let error as NIOConnectionError: describe(error)
        case ChannelError.connectTimeout: "no answer in time"
        default: "\(error)"
        }
    }

    private static func describe(_ error: NIOConnectionError) -> String {
        if let dns = error.dnsAError ?? error.dnsAAAAError, error.connectionErrors.isEmpty {
            return "\(error.host) cannot be resolved: \(dns)"
        }
        guard let last = error.connectionErrors.last else { return "cannot connect to \(error.host):\(error.port)" }
        return "\(last.target): \(describe(last.error))"
    }
}
