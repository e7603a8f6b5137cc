package import JetwayCore

/// Certificates of clients as a way of authentication. TLS has verified the chain.
package struct ClientCertificateMethod: AuthenticationMethod {
    private let nameKind: ClientCertificateIdentity.Kind
    package let source: String?
    private let tenant: String?

    package init(nameKind: ClientCertificateIdentity.Kind, source: String? = nil, tenant: String? = nil) {
        self.nameKind = nameKind
        self.source = source
        self.tenant = tenant
    }

    package var kind: Principal.Method { .clientCertificate }

    package func verdictAtOnce(_ attempt: LoginAttempt) -> LoginVerdict? {
        // What the call itself shows is what its caller is to be judged by.
        guard case .none = attempt.credential, let certificate = attempt.certificate else { return .notMine }
        do {
            let identity = try ClientCertificateIdentity(
                certificate: certificate, kind: nameKind, source: source, tenant: tenant, now: attempt.now)
            return .accepted(AcceptedLogin(principal: identity.principal, expires: identity.expires))
        } catch {
            return .refused(reason: "\(error)")
        }
    }
}
