package import NIOCore

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
        var payload = ByteBuffer()
        payload.writeProtobufField(2, account.username.utf8)
        payload.writeProtobufField(3, account.password.utf8)
        var request = ByteBuffer()
        request.writeProtobufField(2, payload.readableBytesView)
        return request
    }

    /// A response with a payload.
    package static func response(payload: some Collection<UInt8>) -> ByteBuffer {
        var response = ByteBuffer()
        response.writeProtobufField(2, payload)
        return response
    }

    /// The payload of a request or of a response, which is field 2 of both; nil if the bytes are none.
    package static func payload(in message: ByteBuffer) -> [UInt8]? {
        message.withUnsafeReadableBytes { fields(in: $0) }.map { $0[2] ?? [] }
    }

    /// The account in a payload; nil if it has none: no such message, or no name in it.
    package static func basicAuth(in payload: [UInt8]) -> BasicAuth? {
        guard let fields = payload.withUnsafeBytes({ fields(in: $0) }),
            let username = String(validating: fields[2] ?? [], as: UTF8.self), !username.isEmpty,
            let password = String(validating: fields[3] ?? [], as: UTF8.self)
        else { return nil }
        return BasicAuth(username: username, password: password)
    }

    /// The fields of bytes or text by their numbers, the last of each; nil if the bytes are no message.
    private static func fields(in bytes: UnsafeRawBufferPointer) -> [Int: [UInt8]]? {
        var fields: [Int: [UInt8]] = [:]
        var reader = ProtobufFieldReader(bytes)
        do {
            while let field = try reader.next() {
                guard field.wireType == .lengthDelimited else { continue }
                fields[field.number] = Array(reader.bytes(of: field))
            }
        } catch {
            return nil
        }
        return fields
    }
}
