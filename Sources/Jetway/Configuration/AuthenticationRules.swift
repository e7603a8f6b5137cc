internal import JetwayCore
internal import StrictJSON

extension ConfigurationRules {
    func checkMethods() {
        checkOrder()
        checkNames()
        for method in methods {
            checkCertificates(method)
            checkHeader(method)
        }
        checkPassthrough()
    }

    /// What lets everybody in leaves nothing for a method behind it.
    private func checkOrder() {
        let open = methods.filter { $0.type == .anonymous || $0.type == .passthrough }
        for method in open where method.pointer != methods.last?.pointer {
            problems.add(
                method.pointer, "the method \(method.type.rawValue) must come last",
                hint: open.count > 1 ? "only one of anonymous and passthrough can be there" : nil)
        }
    }

    /// Equal names from two sources are two people: the name of the source tells them apart.
    private func checkNames() {
        for type in Principal.Method.allCases where type != .anonymous && type != .passthrough {
            let methods = methods.filter { $0.type == type }
            guard methods.count > 1 else { continue }
            var names: Set<String> = []
            for method in methods {
                // Without a name although it has to have one: told already.
                if problems.contains(within: method.pointer) { continue }
                guard let name = method.name else {
                    problems.add(
                        method.pointer, "needs \"name\"", hint: "there are several methods of the type \(type.rawValue)"
                    )
                    continue
                }
                if !names.insert(name).inserted {
                    problems.add(
                        method.pointer, "another method of the type \(type.rawValue) is named \(name)",
                        hint: "give it a \"name\" of its own")
                }
            }
        }
    }

    private func checkCertificates(_ method: GatewayConfiguration.Method) {
        guard method.type == .clientCertificate, isWhole("listeners") else { return }
        let asked = configuration.listeners.contains {
            $0.tls.map { $0.clientCertificate != .none && $0.clientAuthority != nil } ?? false
        }
        guard !asked else { return }
        problems.add(
            method.pointer, "no listener asks for certificates",
            hint: "a listener needs \"tls\" with \"clientCA\" and \"clientCertificate\": \"optional\" or \"required\"")
    }

    /// What stands in a header is a token or a key, never taken for the other.
    private func checkHeader(_ method: GatewayConfiguration.Method) {
        guard case .apiKey(_, let header) = method.kind,
            configuration.authentication.tokenHeaders.contains(header)
        else { return }
        problems.add(
            method.pointer.appending("header"), "tokens are looked for in this header",
            hint: "keys need one that is not in \"tokenHeaders\"")
    }

    /// Credentials that the gateway did not judge must get to a server that does, and to no other.
    private func checkPassthrough() {
        let passes = methods.contains { $0.type == .passthrough }
        let forwards = methods.contains { if case .jwt(let jwt) = $0.kind { jwt.forward } else { false } }
        for upstream in configuration.upstreams {
            let pointer = upstream.pointer.appending("credentials")
            if problems.contains(within: pointer) { continue }
            if passes, upstream.credentials != .passthrough {
                problems.add(
                    pointer, "the method passthrough needs {\"type\": \"passthrough\"} here",
                    hint: "nobody else judges who calls")
            }
            if upstream.credentials == .passthrough, !passes, !forwards, isWhole("authentication") {
                problems.add(
                    pointer, "nothing is passed through",
                    hint: "it needs the method passthrough, or a method jwt with \"forward\": true")
            }
        }
    }
}
