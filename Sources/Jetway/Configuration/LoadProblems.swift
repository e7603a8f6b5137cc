internal import Foundation
package import JetwayCore
internal import NIOSSL
internal import StrictJSON

extension GatewayConfiguration {
    /// Opens what the configuration names: what is wrong with files and secrets.
    package func loadProblems() -> [ConfigurationProblem] {
        let problems = JSONProblems(file: file)
        let files = NamedFiles(problems: problems)
        for listener in listeners { files.check(listener) }
        files.check(authentication)
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
        if let authority = tls.clientAuthority { _ = certificates(authority) }
    }

    func check(_ authentication: GatewayConfiguration.Authentication) {
        for method in authentication.methods {
            switch method.kind {
            case .basic(let file, _), .apiKey(let file, _): _ = isReadable(file)
            case .jwt(let jwt):
                if case .file(let file) = jwt.keys { _ = isReadable(file) }
                if let authority = jwt.authority { _ = certificates(authority) }
            case .clientCertificate, .anonymous, .passthrough: break
            }
        }
        guard let tokens = authentication.tokens else { return }
        _ = isReadable(tokens.keys)
        if let revoked = tokens.revoked { _ = isReadable(revoked) }
    }

    func check(_ upstream: GatewayConfiguration.Upstream, configuration: String) {
        if let authority = upstream.tls?.authority { _ = certificates(authority) }
        if let certificate = upstream.tls?.certificate, let key = upstream.tls?.key {
            check(certificate: certificate, key: key)
        }
        switch upstream.credentials {
        case .none, .passthrough, .clientCertificate: break
        case .basic(_, let secret), .bearer(let secret): check(secret, configuration: configuration)
        case .handshake(let login): check(login.password, configuration: configuration)
        case .identityHeaders(let identity):
            if case .signed(let file) = identity.form { _ = key(file) }
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

    private func check(certificate: FileReference, key keyFile: FileReference) {
        let chain = certificates(certificate)
        let privateKey = key(keyFile)
        guard let chain, let privateKey else { return }
        // The library has no other way to tell whether they belong together.
        let configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey))
        if (try? NIOSSLContext(configuration: configuration)) == nil {
            problems.add(keyFile.pointer, "\(keyFile.path) is not the key of \(certificate.path)")
        }
    }

    private func certificates(_ file: FileReference) -> [NIOSSLCertificate]? {
        guard isReadable(file) else { return nil }
        guard let chain = try? NIOSSLCertificate.fromPEMFile(file.path), !chain.isEmpty else {
            problems.add(file.pointer, "\(file.path) is not a PEM file with a certificate")
            return nil
        }
        return chain
    }

    private func key(_ file: FileReference) -> NIOSSLPrivateKey? {
        guard isReadable(file) else { return nil }
        guard let key = try? NIOSSLPrivateKey(file: file.path, format: .pem) else {
            problems.add(file.pointer, "\(file.path) is not a PEM file with a private key")
            return nil
        }
        return key
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
