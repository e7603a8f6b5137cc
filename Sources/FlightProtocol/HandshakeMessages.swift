internal import FoundationEssentials
package import NIOCore
internal import SwiftProtobuf

/// The messages of the Handshake RPC (Flight.proto, `HandshakeRequest`, `HandshakeResponse`, `BasicAuth`) as bytes.
package enum HandshakeMessages {
    /// A name and a password, as the usual payload of a handshake has them.
    package struct BasicAuth: Sendable, Equatable {
        package var username: String
        package var password: String

        package init(username: String, password: String) {
            self.username = username
            self.password = password
        }
    }

    /// A request with `BasicAuth` as its payload.
    package static func request(_ account: BasicAuth) -> ByteBuffer {
        var message = Arrow_Flight_Protocol_BasicAuth()
        message.username = account.username
        message.password = account.password
        var request = Arrow_Flight_Protocol_HandshakeRequest()
        request.payload = Data(bytes(message))
        return ByteBuffer(bytes: bytes(request))
    }

    /// A response with a payload.
    package static func response(payload: some Collection<UInt8>) -> ByteBuffer {
        var response = Arrow_Flight_Protocol_HandshakeResponse()
        response.payload = Data(payload)
        return ByteBuffer(bytes: bytes(response))
    }

    /// The payload of a request; nil if the bytes are no request.
    package static func payload(ofRequest message: ByteBuffer) -> [UInt8]? {
        (try? Arrow_Flight_Protocol_HandshakeRequest(serializedBytes: Array(message.readableBytesView)))
            .map { Array($0.payload) }
    }

    /// The payload of a response; nil if the bytes are no response.
    package static func payload(ofResponse message: ByteBuffer) -> [UInt8]? {
        (try? Arrow_Flight_Protocol_HandshakeResponse(serializedBytes: Array(message.readableBytesView)))
            .map { Array($0.payload) }
    }

    /// The account in a payload; nil if it has none: no such message, or no name in it.
    package static func basicAuth(in payload: [UInt8]) -> BasicAuth? {
        guard let message = try? Arrow_Flight_Protocol_BasicAuth(serializedBytes: payload), !message.username.isEmpty
        else { return nil }
        return BasicAuth(username: message.username, password: message.password)
    }

    /// Serialising fails only for messages over 2 GiB.
    private static func bytes(_ message: some SwiftProtobuf.Message) -> [UInt8] {
        (try? message.serializedBytes()) ?? []
    }
}
