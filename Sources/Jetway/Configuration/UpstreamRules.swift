internal import FlightProtocol
internal import StrictJSON

extension ConfigurationRules {
    func checkUpstreams() {
        for upstream in configuration.upstreams {
            checkTLS(upstream)
            checkPlaintext(upstream)
            checkIdentity(upstream)
            checkServers(upstream)
        }
    }

    private func checkTLS(_ upstream: GatewayConfiguration.Upstream) {
        let pointer = upstream.pointer.appending("tls")
        guard !problems.contains(within: upstream.pointer.appending("servers")) else { return }
        if upstream.tls != nil, !upstream.servers.contains(where: upstream.usesTLS) {
            problems.add(pointer, "is not used: no server has TLS", hint: "write grpc+tls:// before a server's address")
        }
        guard upstream.credentials == .clientCertificate, !problems.contains(within: pointer) else { return }
        if upstream.tls?.certificate == nil {
            problems.add(
                upstream.pointer.appending("credentials"), "needs \"certificate\" and \"key\" in the upstream's \"tls\""
            )
        }
        for (index, server) in upstream.servers.enumerated() where !upstream.usesTLS(server) {
            problems.add(
                upstream.pointer.appending("servers").appending(index),
                "a certificate can be shown to a server with TLS only", hint: "write grpc+tls:// before its address")
        }
    }

    private func checkPlaintext(_ upstream: GatewayConfiguration.Upstream) {
        switch upstream.credentials {
        case .none, .clientCertificate: return
        case .passthrough, .basic, .bearer, .handshake, .identityHeaders: break
        }
        guard !upstream.allowPlaintextCredentials else { return }
        for (index, server) in upstream.servers.enumerated() where !upstream.usesTLS(server) && !server.isLocal {
            problems.add(
                upstream.pointer.appending("servers").appending(index),
                "without TLS everybody on the way can read the credentials \(upstream.credentials.type.rawValue)",
                hint: "write grpc+tls:// before its address, or \"allowPlaintextCredentials\": true if that is meant")
        }
    }

    /// Who can reach a server could write plain headers too, so it must know that it is the gateway that calls.
    private func checkIdentity(_ upstream: GatewayConfiguration.Upstream) {
        guard case .identityHeaders(let identity) = upstream.credentials, identity.form == .plain else { return }
        guard !problems.contains(within: upstream.pointer.appending("tls")) else { return }
        let proves = upstream.tls?.certificate != nil
        let known = upstream.servers.allSatisfy { server in
            if case .location(let location) = server, case .unixSocket = location.address { return true }
            return proves && upstream.usesTLS(server)
        }
        guard !known else { return }
        problems.add(
            upstream.pointer.appending("credentials").appending("form"),
            "plain headers could come from everybody who reaches a server",
            hint: "write \"signed\", or have all servers ask for the gateway's certificate: "
                + "grpc+tls:// with \"certificate\" and \"key\" in \"tls\", or grpc+unix://")
    }

    /// A client that keeps a location or a ticket comes back to any of the servers.
    private func checkServers(_ upstream: GatewayConfiguration.Upstream) {
        guard upstream.servers.count > 1 else { return }
        if upstream.locations == .keep {
            problems.add(
                upstream.pointer.appending("locations"), "\"keep\" needs a single server",
                hint: "with several servers write \"rewrite\" or \"strip\"")
        }
        if upstream.tickets == .keep {
            problems.add(
                upstream.pointer.appending("tickets"), "\"keep\" needs a single server",
                hint: "with several servers write \"seal\" or \"prefix\"")
        }
    }
}
