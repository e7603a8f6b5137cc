internal import Crypto
internal import Flight
internal import FlightProtocol
internal import Foundation
internal import JetwayCore
internal import JetwayRelay
internal import NIOCore
internal import StrictJSON

/// Makes what the relay needs to know of a listener out of what the configuration says.
struct ListenerAssembly {
    let configuration: GatewayConfiguration
    private(set) var problems: [ConfigurationProblem] = []
    /// How many listeners have an address already: with port 0 several may.
    private var named: [String: Int] = [:]

    init(configuration: GatewayConfiguration) {
        self.configuration = configuration
    }

    /// A digest of the authorities that clients' certificates are verified by.
    private func trust(of listener: GatewayConfiguration.Listener) -> String {
        guard let file = listener.tls?.clientAuthority else { return "" }
        return "\(SHA256.hash(data: FileManager.default.contents(atPath: file.path) ?? Data()))"
    }

    /// nil: something is wrong with it; `problems` has it.
    mutating func settings(for listener: GatewayConfiguration.Listener) -> ListenerSettings? {
        let tls: ListenerSettings.TLSFactory?
        do {
            tls = try listener.tls.map { settings in
                let handlers = try FlightTLS.server(
                    FlightTLS.ServerSettings(settings, handshake: configuration.limits.tlsHandshake))
                return { onHandshake in try handlers(onHandshake) }
            }
        } catch {
            problems.append(
                ConfigurationProblem(
                    file: configuration.file, pointer: listener.pointer.appending("tls").description,
                    FlightProblem.describe(error)))
            return nil
        }
        guard let endpoint = listener.endpoint else { return nil }
        return ListenerSettings(
            address: name(of: listener), endpoint: endpoint, tls: tls,
            proxies: listener.trustedProxies.map { NetworkList($0.map(\.network)) },
            wantsLogin: configuration.authentication.wantsLogin, trust: trust(of: listener))
    }

    /// The address, with a number from the second one on: a connection finds by it how it is to be treated.
    private mutating func name(of listener: GatewayConfiguration.Listener) -> String {
        let address = listener.address.description
        let number = named[address, default: 0] + 1
        named[address] = number
        return number == 1 ? address : "\(address) (\(number))"
    }
}

extension GatewayConfiguration.Listener {
    /// What is bound.
    fileprivate var endpoint: FlightLocation? {
        switch address {
        case .host(let host, let port): FlightLocation(host: host, port: port, usesTLS: tls != nil)
        case .unixSocket(let path): try? FlightLocation(parsing: "grpc+unix://\(path)")
        }
    }
}

extension GatewayConfiguration.Authentication {
    /// Whether nobody gets in without proving who it is.
    var wantsLogin: Bool {
        methods.allSatisfy { $0.type != .anonymous && $0.type != .passthrough }
    }
}

extension FlightTLS.ServerSettings {
    fileprivate init(_ tls: GatewayConfiguration.ListenerTLS, handshake: TimeAmount) {
        self.init(
            certificates: tls.certificates.map {
                .init(certificate: $0.certificate.path, key: $0.key.path, names: $0.names)
            },
            clientCA: tls.clientAuthority?.path,
            clientCertificate: {
                switch tls.clientCertificate {
                case .none: .none
                case .optional: .optional
                case .required: .required
                }
            }(), handshake: handshake)
    }
}
