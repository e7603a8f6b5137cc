internal import Crypto

/// The key that identity headers towards upstreams are signed with (ES256).
package enum IdentityKey {
    /// A new one as PEM (PKCS #8).
    package static func makePEM() -> String {
        P256.Signing.PrivateKey().pemRepresentation + "\n"
    }
}
