package import JetwayCore
package import NIOCore
package import NIOHPACK

/// How the gateway proves itself, or its callers, to an upstream.
package enum UpstreamCredentials: Sendable {
    case none
    /// What the client brought goes on, where authentication left it to.
    case passThrough
    /// The same `authorization` field with every call: `Basic …` or `Bearer …`.
    case fixed(authorization: String)
    /// A Flight handshake for each event loop; its token goes with every call.
    case login(LoginSettings)
    /// Who calls, in fields of its own. The factory makes one for each event loop.
    case identity(@Sendable () -> any PrincipalFields)

    /// The account of a handshake.
    package struct LoginSettings: Sendable, Hashable {
        package enum Form: Sendable, Hashable {
            /// `BasicAuth` in the handshake's payload; the token goes in `auth-token-bin`.
            case payload
            /// `authorization: Basic` and no message; the token comes and goes in `authorization: Bearer`.
            case header
        }

        package var username: String
        package var password: String
        package var form: Form
        /// How long a token is used.
        package var lifetime: TimeAmount

        package init(username: String, password: String, form: Form, lifetime: TimeAmount) {
            self.username = username
            self.password = password
            self.form = form
            self.lifetime = lifetime
        }
    }
}

/// Writes who calls into header fields for an upstream. Confined to one event loop.
package protocol PrincipalFields: AnyObject {
    /// The fields for a caller; they are put behind the request's head.
    func fields(for principal: Principal) -> HPACKHeaders
}

/// One upstream as a configuration describes it.
package struct UpstreamSettings: Sendable {
    package var name: String
    package var connector: UpstreamConnector
    package var credentials: UpstreamCredentials
    /// Fields of clients that never reach the upstream, unless the call's credentials pass through.
    package var credentialFields: FieldNames
    /// Fields of clients that never reach the upstream, whatever the call is.
    package var identityFields: FieldNames
    package var limits: RelayLimits
    /// Everything about it that a connection depends on, as text: an upstream whose fingerprint stays keeps its connections
    /// when the configuration changes.
    package var fingerprint: String

    package init(
        name: String, connector: UpstreamConnector, credentials: UpstreamCredentials = .passThrough,
        credentialFields: FieldNames = FieldNames([]), identityFields: FieldNames = FieldNames([]),
        limits: RelayLimits, fingerprint: String = ""
    ) {
        self.name = name
        self.connector = connector
        self.credentials = credentials
        self.credentialFields = credentialFields
        self.identityFields = identityFields
        self.limits = limits
        self.fingerprint = fingerprint
    }
}
