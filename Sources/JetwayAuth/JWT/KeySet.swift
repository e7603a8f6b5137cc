internal import Crypto
internal import JWTKit
internal import StrictJSON
internal import Synchronization

/// A key that signatures are verified with, bound to the one algorithm that it is for (RFC 8725 section 3.1).
struct VerificationKey: Sendable {
    let id: String?
    let algorithm: SignatureAlgorithm
    /// JWTKit's, asked directly: its key collection is an actor, falls back to a default key and lets the first token
    /// choose the algorithm of a key that has none; and it costs 30 us more per ES256 token (80 us against 50).
    private let verifier: any JWTAlgorithm

    init(id: String?, algorithm: SignatureAlgorithm, verifier: any JWTAlgorithm) {
        self.id = id
        self.algorithm = algorithm
        self.verifier = verifier
    }

    func verifies(_ token: CompactToken) -> Bool {
        (try? verifier.verify(token.signature, signs: token.signingInput)) ?? false
    }
}

/// The keys of one JWK set (RFC 7517) that can be used.
///
/// A key is used only if
/// * its `kty` and `crv` fit its `alg`, and that is one of the configured algorithms; without `alg`, only if exactly
///   one of the configured algorithms fits its `kty` and `crv`;
/// * its `use`, if any, is `sig`, and its `key_ops`, if any, have `verify`;
/// * it has no private part, and is symmetric only in a file;
/// * it has a `kid` that no other usable key has, unless it is the only one.
///
/// Others are left out, as RFC 7517 section 5 asks for; a set without any usable key is refused.
struct KeySet: Sendable {
    static let maxKeyIDBytes = 256
    private static let maxKeys = 256
    private static let generations = Atomic<UInt64>(0)

    /// Different for every set that was ever read in this process: verdicts are bound to it.
    let generation: UInt64
    /// The hash of the text, to tell whether a fetched set is a new one.
    let fingerprint: [UInt8]
    let keys: [VerificationKey]
    /// Why keys were left out, for the log.
    let leftOut: [String]

    init(_ text: [UInt8], algorithms: Set<SignatureAlgorithm>, isRemote: Bool) async throws(JWTProblem) {
        var keys: [VerificationKey] = []
        var leftOut: [String] = []
        for (index, jwk) in try Self.members(of: text).enumerated() {
            do {
                let reader = try WebKey(jwk, algorithms: algorithms, isRemote: isRemote)
                keys.append(try await reader.verificationKey())
            } catch {
                leftOut.append("key \(index + 1): \(error.reason)")
            }
        }
        Self.leaveOutAmbiguous(&keys, &leftOut)
        guard !keys.isEmpty else {
            throw JWTProblem(
                "there is no usable key (\(leftOut.isEmpty ? "none at all" : leftOut.joined(separator: "; ")))")
        }
        self.keys = keys
        self.leftOut = leftOut
        fingerprint = Array(SHA256.hash(data: text))
        generation = Self.generations.wrappingAdd(1, ordering: .relaxed).newValue
    }

    /// The key that a token names. A token without `kid` is for the only key of a set with one; there is no other
    /// default.
    func key(_ id: String?) -> VerificationKey? {
        guard let id else { return keys.count == 1 ? keys.first : nil }
        return keys.first { $0.id?.isExactly(id) ?? false }
    }

    private static func leaveOutAmbiguous(_ keys: inout [VerificationKey], _ leftOut: inout [String]) {
        guard keys.count > 1 else { return }
        let counts = Dictionary(keys.map { ($0.id, 1) }, uniquingKeysWith: +)
        for (id, count) in counts where id == nil || count > 1 {
            leftOut.append(id == nil ? "\(count) keys have no \"kid\"" : "\(count) keys have the same \"kid\"")
        }
        keys.removeAll { $0.id == nil || counts[$0.id] != 1 }
    }

    /// The members of a set, or a single key.
    private static func members(of text: [UInt8]) throws(JWTProblem) -> [JSONMembers] {
        let root = try JSONMembers(text, of: "the JWK set")
        if root["keys"] == nil, root["kty"] != nil { return [root] }
        guard case .array(let elements) = root["keys"] else { throw JWTProblem("the JWK set has no list of \"keys\"") }
        guard elements.count <= maxKeys else { throw JWTProblem("the JWK set has more than \(maxKeys) keys") }
        // Something else than an object is a key without anything.
        return elements.compactMap { JSONMembers($0) ?? JSONMembers(.object([])) }
    }
}
