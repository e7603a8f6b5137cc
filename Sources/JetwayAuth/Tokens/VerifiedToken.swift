package import JetwayCore

/// A token that was just made.
package struct MintedToken: Sendable {
    package let text: String
    package let expires: UnixTime
    /// The principal's claims were too many for a token: rules that ask for them do not match while it is used.
    package let lacksClaims: Bool
}

/// What a token of the gateway's own turned out to be. The reason is for the log alone.
package enum TokenVerdict: Sendable {
    case valid(VerifiedToken)
    case invalid(reason: String)
}

/// What a token says.
package struct VerifiedToken: Sendable {
    let payload: TokenPayload
    /// Whether the last third of its life has begun, and a new one would live longer.
    package let isDueForRenewal: Bool
    /// When the last third of its life begins.
    package let renewalTime: UnixTime

    init(_ payload: TokenPayload, now: UnixTime) {
        self.payload = payload
        renewalTime = payload.expires + -((payload.expires - payload.issued) / 3)
        isDueForRenewal = now >= renewalTime && payload.notAfter.map { payload.expires < $0 } ?? true
    }

    package var principal: Principal { payload.principal }
    /// When this token was made; `loggedIn` is when the first of its line was.
    package var issued: UnixTime { payload.issued }
    package var loggedIn: UnixTime { payload.loggedIn }
    package var expires: UnixTime { payload.expires }
    /// When the credential of the login ends; nil: it does not.
    package var notAfter: UnixTime? { payload.notAfter }
    /// The same for all tokens of a login, in hexadecimal: what a revocation names.
    package var id: String { SecretBytes.hex(payload.id) }
    var idBytes: [UInt8] { payload.id }
}
