internal import FlightProtocol
package import JetwayCore

/// Makes and checks the bearer tokens of the gateway's own: sealed principals, which every replica with the key ring opens.
///
/// As text `jwy_` and the envelope in base64url.
package struct TokenMint: Sendable {
    package static let prefix = "jwy_"
    /// Bytes of a token's text.
    package static let longestToken = 8 << 10
    /// A replica's clock may be ahead of this one's by that much, in seconds.
    private static let clockSkew: Int64 = 60

    package let ring: KeyRing
    private let lifetime: Int64
    private let revocations: Revocations

    /// - Parameter lifetime: of a token, in whole seconds; at least one.
    package init(ring: KeyRing, lifetime: Duration = .seconds(12 * 3600), revocations: Revocations = Revocations()) {
        self.ring = ring
        self.lifetime = max(1, lifetime.components.seconds)
        self.revocations = revocations
    }

    // MARK: Making

    /// A token for somebody who has just logged in.
    ///
    /// - Parameter notAfter: when the credential that was shown runs out: no token lives longer, renewed or not.
    /// - Returns: nil if the principal has more groups than a token holds. Claims that do not fit are left out; groups
    ///   never are, because a rule may refuse a group.
    package func mint(_ principal: Principal, now: UnixTime, notAfter: UnixTime? = nil) -> MintedToken? {
        seal(
            TokenPayload(
                id: SecretBytes.random(TokenPayload.idCount), principal: principal, loggedIn: now, issued: now,
                expires: expiry(now: now, notAfter: notAfter), notAfter: notAfter))
    }

    /// A token in place of one that runs out. It keeps the id and the time of the login, so that revoking either ends
    /// all that came from it, and it does not outlive the credential of the login.
    package func renew(_ token: VerifiedToken, now: UnixTime) -> MintedToken? {
        var payload = token.payload
        payload.issued = now
        payload.expires = expiry(now: now, notAfter: payload.notAfter)
        return seal(payload)
    }

    private func expiry(now: UnixTime, notAfter: UnixTime?) -> UnixTime {
        let end = now + lifetime
        return notAfter.map { min($0, end) } ?? end
    }

    private func seal(_ payload: TokenPayload) -> MintedToken? {
        let whole = payload.bytes(withClaims: true)
        guard let bytes = whole ?? payload.bytes(withClaims: false),
            let sealed = try? SealedEnvelope.seal(bytes, purpose: .token, with: ring)
        else { return nil }
        return MintedToken(
            text: Self.prefix + Base64.url.encode(sealed), expires: payload.expires, lacksClaims: whole == nil)
    }

    // MARK: Checking

    /// Whether the text is meant to be a token of the gateway's own; it may be forged still.
    package func recognises(_ text: some StringProtocol) -> Bool {
        text.utf8.starts(with: Self.prefix.utf8)
    }

    package func verify(_ text: String, now: UnixTime) -> TokenVerdict {
        let token: VerifiedToken
        do {
            token = try open(text)
        } catch {
            return .invalid(reason: "the token is \(error.reason)")
        }
        if token.issued > now + Self.clockSkew { return .invalid(reason: "the token is from the future") }
        if now >= token.expires { return .invalid(reason: "the token has expired") }
        if revocations.include(token) { return .invalid(reason: "the token was revoked") }
        return .valid(VerifiedToken(token.payload, now: now))
    }

    /// What a token says, whether or not it is still good.
    package func open(_ text: String) throws(EnvelopeProblem) -> VerifiedToken {
        guard text.utf8.count <= Self.longestToken else { throw .tooLarge }
        guard recognises(text), let bytes = Base64.url.decode(text.utf8.dropFirst(Self.prefix.utf8.count)) else {
            throw .forged
        }
        guard let payload = TokenPayload(try SealedEnvelope.open(bytes, purpose: .token, with: ring)) else {
            throw .unknownVersion
        }
        return VerifiedToken(payload, now: payload.issued)
    }
}
