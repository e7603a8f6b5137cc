internal import StrictJSON

/// What a token's header says about its signature. `jku`, `x5u`, `jwk` and `x5c` are not looked at: a token does not
/// bring its own key (RFC 8725 section 3.10).
struct JWTHeaderFields: Hashable {
    let algorithm: SignatureAlgorithm
    let keyID: String?

    /// The kinds of tokens that are for resource servers, or say nothing of their kind. Others, such as `logout+jwt`,
    /// are no credentials (RFC 8725 section 3.11, RFC 9068 section 4).
    private static let types: Set<String> = ["jwt", "at+jwt", "application/jwt", "application/at+jwt"]

    init(_ header: JSONMembers, allowing algorithms: Set<SignatureAlgorithm>) throws(JWTProblem) {
        // RFC 7515 section 4.1.11: what is critical must be understood, and no extension is. `b64` changes what is
        // signed, `zip` and a nested token hide the claims.
        for name in ["crit", "b64", "zip", "enc"] where header[name] != nil {
            throw JWTProblem("the header has \"\(name)\"")
        }
        guard let name = header.string("alg") else { throw JWTProblem("\"alg\" is missing or not a string") }
        guard let algorithm = SignatureAlgorithm(rawValue: name), algorithms.contains(algorithm) else {
            throw JWTProblem("\"alg\" is not one of the configured algorithms")
        }
        switch header["kid"] {
        case nil: keyID = nil
        case .string(let text) where (1...KeySet.maxKeyIDBytes).contains(text.utf8.count): keyID = text
        default: throw JWTProblem("\"kid\" is not a string of 1 to \(KeySet.maxKeyIDBytes) bytes")
        }
        if let type = header["typ"] {
            guard case .string(let text) = type, Self.types.contains(text.lowercased()) else {
                throw JWTProblem("\"typ\" is of another kind of token")
            }
        }
        guard header["cty"] == nil else { throw JWTProblem("the token is nested") }
        self.algorithm = algorithm
    }
}
