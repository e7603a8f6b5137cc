internal import Crypto
internal import CryptoExtras

/// What an envelope is for. One for another purpose does not open, whoever made it.
package enum EnvelopePurpose: UInt8, Sendable, CaseIterable {
    case token = 1
    case ticket = 2
    case handle = 3
    case cookie = 4
}

/// Bytes that only holders of the key ring can read or make: what Jetway hands to clients to be brought back, on any replica.
///
/// AES-256-GCM-SIV (RFC 8452), because many replicas share a key and draw their nonces at random: a nonce that comes twice
/// tells only whether two contents are equal. On the wire: version, purpose, length of the key's id, id, 12 bytes of nonce,
/// ciphertext, 16 bytes of tag. All before the nonce is authenticated with the content.
package enum SealedEnvelope {
    /// Bytes that an envelope may hold.
    package static let largestContent = 64 << 10
    private static let version: UInt8 = 1
    private static let nonceAndTag = 12 + 16
    private static let largest = largestContent + 3 + KeyRing.longestID + nonceAndTag

    /// Seals with the key that signs.
    ///
    /// - Throws: `tooLarge` and nothing else.
    package static func seal(
        _ content: [UInt8], purpose: EnvelopePurpose, with ring: KeyRing
    ) throws(EnvelopeProblem) -> [UInt8] {
        guard content.count <= largestContent else { throw .tooLarge }
        let key = ring.signing
        let head = [version, purpose.rawValue, UInt8(key.idBytes.count)] + key.idBytes
        do {
            let box = try AES.GCM._SIV.seal(content, using: key.key(for: purpose), authenticating: head)
            return head + Array(box.combined)
        } catch {
            // The cipher has no other complaint about a key of 256 bits.
            throw .tooLarge
        }
    }

    /// The content of an envelope from anywhere.
    package static func open(
        _ bytes: [UInt8], purpose: EnvelopePurpose, with ring: KeyRing
    ) throws(EnvelopeProblem) -> [UInt8] {
        guard bytes.count <= largest else { throw .tooLarge }
        guard bytes.count >= 3 else { throw .cut }
        guard bytes[0] == version else { throw .unknownVersion }
        guard bytes[1] == purpose.rawValue else { throw .otherPurpose }
        let headCount = 3 + Int(bytes[2])
        guard bytes.count >= headCount + nonceAndTag else { throw .cut }
        guard let key = ring.key(withID: bytes[3..<headCount]) else { throw .unknownKey }
        do {
            let box = try AES.GCM._SIV.SealedBox(combined: bytes[headCount...])
            let content = try AES.GCM._SIV.open(
                box, using: key.key(for: purpose), authenticating: bytes[..<headCount])
            return Array(content)
        } catch {
            throw .forged
        }
    }
}
