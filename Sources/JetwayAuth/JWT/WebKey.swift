internal import Crypto
internal import FlightProtocol
internal import JWTKit
internal import StrictJSON

/// One JWK (RFC 7517 section 4), checked as `KeySet` says.
struct WebKey {
    private static let rsaBits = 2048...8192

    let id: String?
    let algorithm: SignatureAlgorithm
    private let jwk: JSONMembers

    init(_ jwk: JSONMembers, algorithms: Set<SignatureAlgorithm>, isRemote: Bool) throws(JWTProblem) {
        switch jwk["kid"] {
        case nil: id = nil
        case .string(let text) where (1...KeySet.maxKeyIDBytes).contains(text.utf8.count): id = text
        default: throw JWTProblem("\"kid\" is not a string of 1 to \(KeySet.maxKeyIDBytes) bytes")
        }
        if let use = jwk["use"], use != .string("sig") { throw JWTProblem("\"use\" is not \"sig\"") }
        if let operations = jwk["key_ops"] {
            guard case .array(let list) = operations, list.contains(.string("verify")) else {
                throw JWTProblem("\"key_ops\" does not have \"verify\"")
            }
        }
        algorithm = try Self.algorithm(of: jwk, among: algorithms)
        if algorithm.isSymmetric, isRemote {
            throw JWTProblem("a symmetric key is a secret, and this one is published")
        }
        if !algorithm.isSymmetric, jwk["d"] != nil { throw JWTProblem("the private key is in it") }
        self.jwk = jwk
    }

    private static func algorithm(of jwk: JSONMembers, among algorithms: Set<SignatureAlgorithm>) throws(JWTProblem)
        -> SignatureAlgorithm
    {
        guard let keyType = jwk.string("kty") else { throw JWTProblem("\"kty\" is missing") }
        let curve = jwk.string("crv")
        let fitting = algorithms.filter { $0.keyType == keyType && ($0.curve == nil || $0.curve == curve) }
        switch jwk["alg"] {
        case nil:
            guard let only = fitting.first, fitting.count == 1 else {
                throw JWTProblem("there is no \"alg\", and \(fitting.count) of the configured algorithms fit")
            }
            return only
        case .string(let name):
            guard let algorithm = fitting.first(where: { $0.rawValue == name }) else {
                throw JWTProblem("\"alg\" is not configured, or does not fit \"kty\" and \"crv\"")
            }
            return algorithm
        default: throw JWTProblem("\"alg\" is not a string")
        }
    }

    func verificationKey() async throws(JWTProblem) -> VerificationKey {
        // A collection for each key, which is asked for its only one once: the way to a signer that JWTKit makes
        // public.
        let keys = JWTKeyCollection()
        let name = JWKIdentifier(string: "key")
        let verifier: any JWTKit.JWTAlgorithm
        do {
            switch algorithm.keyType {
            case "oct":
                await keys.add(hmac: HMACKey(key: SymmetricKey(data: try secret())), digestAlgorithm: digest, kid: name)
            default: try await keys.add(jwk: try publicKey(named: name), isDefault: false)
            }
            verifier = try await keys.getKey(for: name, alg: algorithm.rawValue)
        } catch let problem as JWTProblem {
            throw problem
        } catch {
            throw JWTProblem("it is no key for \(algorithm.rawValue)")
        }
        guard verifier.name == algorithm.rawValue else { throw JWTProblem("it is not for \(algorithm.rawValue)") }
        return VerificationKey(id: id, algorithm: algorithm, verifier: verifier)
    }

    /// Only what is public goes to JWTKit: given a private part it would not look at the public one.
    private func publicKey(named name: JWKIdentifier) throws(JWTProblem) -> JWK {
        let jwtKitAlgorithm = JWK.Algorithm(rawValue: algorithm.rawValue)
        switch algorithm.keyType {
        case "RSA":
            let (modulus, exponent) = (try text("n"), try text("e"))
            let significant = (Base64.url.decode(modulus.utf8) ?? []).drop { $0 == 0 }
            let bits = significant.count * 8 - (significant.first?.leadingZeroBitCount ?? 0)
            guard Self.rsaBits.contains(bits) else { throw JWTProblem("RSA of \(bits) bits: needs \(Self.rsaBits)") }
            return .rsa(jwtKitAlgorithm, identifier: name, modulus: modulus, exponent: exponent)
        case "EC":
            // JWTKit joins the coordinates without a look at their lengths.
            let (x, y) = (try coordinate("x"), try coordinate("y"))
            let curve = algorithm.curve.flatMap { ECDSACurve(rawValue: $0) }
            return .ecdsa(jwtKitAlgorithm, identifier: name, x: x, y: y, curve: curve)
        default:
            return .octetKeyPair(jwtKitAlgorithm, identifier: name, x: try coordinate("x"), y: nil, curve: .ed25519)
        }
    }

    private func text(_ member: String) throws(JWTProblem) -> String {
        guard let text = jwk.string(member), let bytes = Base64.url.decode(text.utf8), !bytes.isEmpty else {
            throw JWTProblem("\"\(member)\" is missing or not base64url")
        }
        return text
    }

    private func coordinate(_ member: String) throws(JWTProblem) -> String {
        let text = try text(member)
        guard Base64.url.decode(text.utf8)?.count == algorithm.keyBytes else {
            throw JWTProblem("\"\(member)\" does not have \(algorithm.keyBytes) bytes")
        }
        return text
    }

    /// JWTKit checks its length in debug builds only.
    private func secret() throws(JWTProblem) -> [UInt8] {
        let secret = Base64.url.decode(try text("k").utf8) ?? []
        guard secret.count >= algorithm.keyBytes else {
            throw JWTProblem("the secret is shorter than \(algorithm.keyBytes) bytes (RFC 7518 section 3.2)")
        }
        return secret
    }

    private var digest: DigestAlgorithm {
        switch algorithm {
        case .hs384: .sha384
        case .hs512: .sha512
        default: .sha256
        }
    }
}
