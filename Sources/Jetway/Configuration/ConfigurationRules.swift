internal import JetwayCore
internal import StrictJSON

/// What must hold between the settings of a configuration.
///
/// Rules also look at a configuration that was read in part, so that everything is told at once. A rule that asks for
/// something to be there says nothing where what could be it was not read whole.
struct ConfigurationRules {
    let configuration: GatewayConfiguration
    let problems: JSONProblems

    static func check(_ configuration: GatewayConfiguration, problems: JSONProblems) {
        let rules = ConfigurationRules(configuration: configuration, problems: problems)
        rules.checkListeners()
        rules.checkMethods()
        rules.checkUpstreams()
        rules.checkRoutes()
    }

    /// Whether all that stands under a key was read.
    func isWhole(_ key: String) -> Bool {
        !problems.contains(within: JSONPointer.root.appending(key))
    }

    var methods: [GatewayConfiguration.Method] { configuration.authentication.methods }
}

// MARK: - Listeners

extension ConfigurationRules {
    func checkListeners() {
        var addresses: Set<GatewayConfiguration.ListenAddress> = []
        for listener in configuration.listeners {
            if let tls = listener.tls { check(tls, at: listener.pointer.appending("tls")) }
            check(plaintext: listener)
            // Any number of listeners may take any free port.
            if case .host(_, 0) = listener.address { continue }
            if !addresses.insert(listener.address).inserted {
                problems.add(listener.pointer.appending("address"), "another listener has this address")
            }
        }
        if let admin = configuration.admin, admin.port != 0,
            addresses.contains(.host(admin.host, port: admin.port))
        {
            problems.add(JSONPointer.root.appending("admin").appending("address"), "a listener has this address")
        }
    }

    private func check(_ tls: GatewayConfiguration.ListenerTLS, at pointer: JSONPointer) {
        switch (tls.clientCertificate, tls.clientAuthority) {
        case (.none, _?):
            problems.add(
                pointer.appending("clientCA"), "is not used",
                hint: "write \"clientCertificate\": \"optional\" or \"required\" too")
        case (.optional, nil), (.required, nil):
            // One that could not be read was told already.
            guard !problems.contains(within: pointer.appending("clientCA")) else { break }
            problems.add(
                pointer.appending("clientCertificate"), "needs \"clientCA\"",
                hint: "a PEM file with the certificates that issue those of clients")
        default: break
        }
        var names: Set<String> = []
        var unnamed = 0
        let certificates = pointer.appending("certificates")
        guard !problems.contains(within: certificates) else { return }
        for (index, certificate) in tls.certificates.enumerated() {
            let place = certificates.appending(index)
            if certificate.names.isEmpty { unnamed += 1 }
            if certificate.names.isEmpty, unnamed > 1 {
                problems.add(place, "needs \"names\"", hint: "one certificate may be for all other names")
            }
            for (index, name) in certificate.names.enumerated() where !names.insert(name.lowercased()).inserted {
                problems.add(place.appending("names").appending(index), "is there twice")
            }
        }
    }

    /// Whoever listens on the way gets what a client proves itself with.
    private func check(plaintext listener: GatewayConfiguration.Listener) {
        let reveals = methods.filter(\.revealsCredentials).map(\.type.rawValue)
        guard let method = reveals.first, listener.tls == nil, !listener.address.isLocal,
            !listener.allowPlaintextCredentials, !problems.contains(within: listener.pointer.appending("tls"))
        else { return }
        problems.add(
            listener.pointer, "without TLS everybody on the way can read the credentials of the method \(method)",
            hint: "add \"tls\", listen on 127.0.0.1, or write \"allowPlaintextCredentials\": true if that is meant")
    }
}

extension GatewayConfiguration.Method {
    /// Whether what proves a caller goes over the connection.
    fileprivate var revealsCredentials: Bool {
        switch kind {
        case .basic, .jwt, .apiKey, .passthrough: true
        case .clientCertificate, .anonymous: false
        }
    }
}
