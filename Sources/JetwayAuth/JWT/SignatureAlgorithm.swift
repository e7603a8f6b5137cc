/// A signature algorithm of JWTs, as `alg` names it (RFC 7518 section 3.1, RFC 8037). There is no `none`.
package enum SignatureAlgorithm: String, Sendable, Hashable, CaseIterable {
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case ps384 = "PS384"
    case ps512 = "PS512"
    case es256 = "ES256"
    case es384 = "ES384"
    case es512 = "ES512"
    case edDSA = "EdDSA"
    case hs256 = "HS256"
    case hs384 = "HS384"
    case hs512 = "HS512"

    /// The key's secret is what made the signature: a key for it can only be in a file.
    package var isSymmetric: Bool { keyType == "oct" }

    /// The `kty` of its keys.
    var keyType: String {
        switch self {
        case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: "RSA"
        case .es256, .es384, .es512: "EC"
        case .edDSA: "OKP"
        case .hs256, .hs384, .hs512: "oct"
        }
    }

    /// The `crv` of its keys, where they have one. JWTKit goes by `alg` alone.
    var curve: String? {
        switch self {
        case .es256: "P-256"
        case .es384: "P-384"
        case .es512: "P-521"
        case .edDSA: "Ed25519"
        default: nil
        }
    }

    /// The bytes of a curve's coordinate, or the least of a secret (RFC 7518 section 3.2).
    var keyBytes: Int {
        switch self {
        case .es256, .edDSA, .hs256: 32
        case .es384, .hs384: 48
        case .hs512: 64
        case .es512: 66
        default: 256
        }
    }
}
