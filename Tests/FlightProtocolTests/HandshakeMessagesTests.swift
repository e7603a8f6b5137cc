import FlightProtocol
import Foundation
import NIOCore
import SwiftProtobuf
import Testing

@Suite("Messages of handshakes")
struct HandshakeMessagesTests {
    private func bytes(_ message: some SwiftProtobuf.Message) throws -> [UInt8] { try message.serializedBytes() }

    @Test(
        "what is written is what SwiftProtobuf writes",
        arguments: [("alice", "secret"), ("é", ""), ("a", String(repeating: "p", count: 1000))])
    func written(username: String, password: String) throws {
        var account = Arrow_Flight_Protocol_BasicAuth()
        account.username = username
        account.password = password
        var request = Arrow_Flight_Protocol_HandshakeRequest()
        request.payload = Data(try bytes(account))
        let written = HandshakeMessages.request(.init(username: username, password: password))
        #expect(Array(written.readableBytesView) == (try bytes(request)))
        var response = Arrow_Flight_Protocol_HandshakeResponse()
        response.payload = Data(password.utf8)
        let answer = HandshakeMessages.response(payload: Array(password.utf8))
        #expect(Array(answer.readableBytesView) == (try bytes(response)))
    }

    @Test("what SwiftProtobuf writes is read, whatever stands beside it")
    func read() throws {
        var account = Arrow_Flight_Protocol_BasicAuth()
        account.username = "alice"
        account.password = "secret"
        var request = Arrow_Flight_Protocol_HandshakeRequest()
        request.protocolVersion = 1
        request.payload = Data(try bytes(account))
        let payload = try #require(HandshakeMessages.payload(in: ByteBuffer(bytes: try bytes(request))))
        #expect(HandshakeMessages.basicAuth(in: payload) == .init(username: "alice", password: "secret"))
        #expect(HandshakeMessages.payload(in: ByteBuffer()) == [])
    }

    @Test(
        "what is no message, or has no name, is no account",
        arguments: [[], [0x12], [0x12, 5, 1], [0x1a, 1, 65], [0x12, 1, 0xff], [0x12, 1, 65, 0x1a, 1, 0xff]] as [[UInt8]]
    )
    func noAccount(payload: [UInt8]) {
        #expect(HandshakeMessages.basicAuth(in: payload) == nil)
    }
}
