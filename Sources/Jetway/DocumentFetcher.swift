internal import AsyncHTTPClient
internal import Flight
internal import Foundation
internal import JetwayAuth
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL

/// Fetches the keys of issuers over HTTPS: TLS 1.2 at least, certificates verified, no redirects, bounded in size and
/// time.
final class DocumentFetcher: DocumentFetching {
    private let client: HTTPClient

    /// - Parameter authority: a PEM file of certificates to trust instead of the system's.
    ///
    /// - Throws: `FlightProblem` naming the file if it cannot be used.
    init(authority: String?) throws {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        // A server that says nothing more holds up no end of the program.
        tls.shutdownTimeout = .milliseconds(200)
        if let authority {
            do {
                tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(authority))
            } catch {
                throw FlightProblem("CA \(authority): \(FlightProblem.describe(error))")
            }
        }
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(connect: .seconds(2), read: .seconds(5)))
        configuration.httpVersion = .http1Only
        // One try: the next one is due after the cool-down, and the first reason is the one to tell.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(configuration: configuration)
    }

    /// Ends its connections; nothing may be fetched any more.
    func shutdown() async {
        try? await client.shutdown()
    }

    func fetch(_ address: String, maxBytes: Int, timeout: Duration) async throws(FetchProblem) -> [UInt8] {
        // The client's own deadline ends with the response's head.
        let answer = await withTaskGroup(of: Result<[UInt8], FetchProblem>.self) { group in
            group.addTask {
                do throws(FetchProblem) {
                    return .success(try await self.fetch(address, maxBytes: maxBytes))
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                try? await Task.sleep(for: timeout)
                return .failure(.timedOut)
            }
            let first = await group.next() ?? .failure(.timedOut)
            group.cancelAll()
            return first
        }
        return try answer.get()
    }

    private func fetch(_ address: String, maxBytes: Int) async throws(FetchProblem) -> [UInt8] {
        guard address.hasPrefix("https://") else { throw .unreachable("is not an https:// address") }
        do {
            var request = HTTPClientRequest(url: address)
            request.headers.add(name: "accept", value: "application/json")
            request.headers.add(name: "user-agent", value: "jetway")
            let response = try await client.execute(request, deadline: .distantFuture)
            if (300..<400).contains(response.status.code) { throw FetchProblem.redirected }
            guard response.status == .ok else { throw FetchProblem.status(Int(response.status.code)) }
            return Array(buffer: try await response.body.collect(upTo: maxBytes))
        } catch {
            throw Self.problem(error, maxBytes: maxBytes)
        }
    }

    private static func problem(_ error: any Error, maxBytes: Int) -> FetchProblem {
        switch error {
        case let problem as FetchProblem: problem
        case is NIOTooManyBytesError: .tooLarge(maxBytes: maxBytes)
        case is CancellationError: .timedOut
        case let error as HTTPClientError: problem(error)
        case NIOSSLError.handshakeFailed(let reason): .unreachable("the TLS handshake failed: \(describe(reason))")
        case is NIOSSLExtraError, is NIOSSLError: .unreachable("the TLS handshake failed: \(error)")
        default: .unreachable(FlightProblem.describe(error))
        }
    }

    private static func problem(_ error: HTTPClientError) -> FetchProblem {
        switch error {
        case .connectTimeout, .tlsHandshakeTimeout, .readTimeout, .cancelled: .timedOut
        case .remoteConnectionClosed: .unreachable("the connection was closed")
        default: .unreachable(error.shortDescription)
        }
    }

    /// Of the TLS library's text only the reason: there are paths of its own sources in it, too.
    private static func describe(_ error: BoringSSLError) -> String {
        let text = "\(error)"
        guard let start = text.range(of: "OPENSSL_internal:")?.upperBound else { return text }
        return String(text[start...].prefix { $0 != " " && $0 != "]" })
    }
}
