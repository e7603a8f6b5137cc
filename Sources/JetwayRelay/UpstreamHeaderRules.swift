internal import FlightProtocol
internal import JetwayCore
internal import NIOHPACK

/// The header rules of one upstream, by what becomes of the client's credentials.
struct UpstreamHeaderRules {
    /// What every upstream may say to the gateway alone.
    private static let answers = ["authorization", "auth-token-bin"]

    /// Tells the rules with one token from those with the next.
    typealias Generation = UInt64

    let generation: Generation
    /// Whether the upstream may get a client's credentials at all.
    let passesCredentials: Bool
    private let dropping: RequestHeaderRules
    private let passing: RequestHeaderRules
    private let cleanResponse: ResponseHeaderRules
    private let plainResponse = ResponseHeaderRules()

    /// - Parameter token: the fields of a login; nil: there is none.
    init(settings: UpstreamSettings, token: HPACKHeaders?) {
        let endpoint = settings.connector.endpoint
        func rules(dropped: FieldNames, added: HPACKHeaders) -> RequestHeaderRules {
            RequestHeaderRules(
                authority: endpoint.authority, usesTLS: endpoint.usesTLS, dropped: dropped, added: added)
        }
        generation = RewriteKey().value
        if case .passThrough = settings.credentials { passesCredentials = true } else { passesCredentials = false }
        var added = token ?? [:]
        if case .fixed(let authorization) = settings.credentials {
            added.add(name: "authorization", value: authorization, indexing: .neverIndexed)
        }
        let credentials = settings.credentialFields.union(settings.identityFields)
        dropping = rules(dropped: credentials, added: added)
        passing = rules(dropped: settings.identityFields, added: [:])
        cleanResponse = ResponseHeaderRules(
            dropped: FieldNames(Self.answers).union(settings.credentialFields).union(settings.identityFields))
    }

    func request(_ credentials: CredentialForwarding) -> RequestHeaderRules {
        guard passesCredentials else { return dropping }
        return switch credentials {
        // A token that goes on is written anew: nothing else of the client's does.
        case .drop, .forward: dropping
        case .passThrough: passing
        }
    }

    func response(_ credentials: CredentialForwarding) -> ResponseHeaderRules {
        switch credentials {
        case .drop, .forward: cleanResponse
        case .passThrough: plainResponse
        }
    }
}
