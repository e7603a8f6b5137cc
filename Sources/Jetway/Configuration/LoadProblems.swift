internal import Flight
internal import Foundation
internal import JetwayAuth
package import JetwayCore
internal import NIOSSL
internal import StrictJSON

extension GatewayConfiguration {
    /// Opens what the configuration names: what is wrong with files and secrets.
    package func loadProblems() async -> [ConfigurationProblem] {
        let problems = JSONProblems(file: file)
        let files = NamedFiles(problems: problems)
        for listener in listeners { files.check(listener) }
        await files.check(authentication)
        for upstream in upstreams { files.check(upstream, configuration: file) }
        for log in [telemetry.accessLog, telemetry.audit] { files.check(log) }
        return problems.list
    }
}

/// Checks files that a configuration names.
private struct NamedFiles {
    let problems: JSONProblems

    func check(_ listener: GatewayConfiguration.Listener) {
        guard let tls = listener.tls else { return }
        for pair in tls.certificates { check(certificate: pair.certificate, key: pair.key) }
        if let authority = tls.clientAuthority { checkCertificates(authority) }
    }

    func check(_ authentication: GatewayConfiguration.Authentication) async {
        for method in authentication.methods {
            switch method.kind {
            case .basic(let file, _):
                check(file) { path throws(ConfigurationProblems) in _ = try PasswordFile.load(file: path) }
            case .apiKey(let file, _):
                check(file) { path throws(ConfigurationProblems) in _ = try APIKeys.load(file: path) }
            case .jwt(let jwt):
                if case .file(let file) = jwt.keys { await check(file, of: jwt) }
                if let authority = jwt.authority { checkCertificates(authority) }
            case .clientCertificate, .anonymous, .passthrough: break
            }
        }
        guard let tokens = authentication.tokens else { return }
        check(tokens.keys) { path throws(ConfigurationProblems) in _ = try KeyRing.load(file: path) }
        if let revoked = tokens.revoked {
            check(revoked) { path throws(ConfigurationProblems) in _ = try Revocations.load(file: path) }
        }
    }

    /// A file whose own problems have their places in it.
    private func check(_ file: FileReference, _ load: (String) throws(ConfigurationProblems) -> Void) {
        guard isReadable(file) else { return }
        do throws(ConfigurationProblems) {
            try load(file.path)
        } catch {
            for problem in error.list { problems.add(problem) }
        }
    }

    /// A file with keys of an issuer.
    private func check(_ file: FileReference, of jwt: GatewayConfiguration.JWT) async {
        guard isReadable(file), let data = FileManager.default.contents(atPath: file.path) else { return }
        do throws(JWTProblem) {
            _ = try await JWTAuthority(
                JWTSettings(jwt, source: nil), keyFile: Array(data), fetcher: NoFetching(), onRefresh: { _ in })
        } catch {
            problems.add(file.pointer, "\(file.path): \(error.reason)")
        }
    }

    func check(_ upstream: GatewayConfiguration.Upstream, configuration: String) {
        if let authority = upstream.tls?.authority { checkCertificates(authority) }
        if let certificate = upstream.tls?.certificate, let key = upstream.tls?.key {
            check(certificate: certificate, key: key)
        }
        switch upstream.credentials {
        case .none, .passthrough, .clientCertificate: break
        case .basic(_, let secret), .bearer(let secret): check(secret, configuration: configuration)
        case .handshake(let login): check(login.password, configuration: configuration)
        case .identityHeaders(let identity):
            if case .signed(let file) = identity.form { checkIdentityKey(file) }
        }
    }

    /// A log is made if it is not there.
    func check(_ log: GatewayConfiguration.Telemetry.Log) {
        guard case .file(let file) = log else { return }
        let exists = access(file.path, F_OK) == 0
        let path = exists ? file.path : URL(fileURLWithPath: file.path).deletingLastPathComponent().path
        guard access(path, W_OK) != 0 else { return }
        problems.add(file.pointer, "\(path) cannot be written: \(String(cString: strerror(errno)))")
    }

    private func check(_ secret: Secret, configuration: String) {
        do {
            _ = try secret.resolve(configuration: configuration)
        } catch {
            problems.add(error)
        }
    }

    private func check(certificate: FileReference, key: FileReference) {
        let files = FlightTLS.ServerSettings.Identity(certificate: certificate.path, key: key.path)
        for found in FlightTLS.problems(with: FlightTLS.ServerSettings(certificates: [files])) {
            let place = found.role == .key ? key : certificate
            problems.add(
                place.pointer, "\(found.path ?? place.path): \(found.problem)", hint: found.hint,
                isWarning: found.isWarning)
        }
    }

    private func checkCertificates(_ file: FileReference) {
        guard isReadable(file) else { return }
        guard let chain = try? NIOSSLCertificate.fromPEMFile(file.path), !chain.isEmpty else {
            problems.add(file.pointer, "\(file.path) is not a PEM file with a certificate")
            return
        }
    }

    private func checkIdentityKey(_ file: FileReference) {
        guard isReadable(file) else { return }
        do throws(IdentityKeyProblem) {
            _ = try IdentitySigner(pem: (try? String(contentsOfFile: file.path, encoding: .utf8)) ?? "")
        } catch {
            problems.add(file.pointer, "\(file.path): \(error.description)")
        }
    }

    private func isReadable(_ file: FileReference) -> Bool {
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: file.path))
            _ = try handle.read(upToCount: 1)
            return true
        } catch {
            problems.add(file.pointer, "\(file.path) cannot be read: \(JSONDocument.reason(error))")
            return false
        }
    }
}

/// Stands where keys come from a file.
private struct NoFetching: DocumentFetching {
    func fetch(_ address: String, maxBytes: Int, timeout: Duration) async throws(FetchProblem) -> [UInt8] {
        throw .unreachable("nothing is fetched")
    }
}
