import Testing

@testable import JetwayHTTP2

@Suite("SETTINGS of the peer")
struct HTTP2SettingsTests {
    private static func applied(
        _ id: UInt16, _ value: UInt32, as role: HTTP2Role = .server
    ) throws(ConnectionFault) -> PeerSettings {
        var settings = PeerSettings()
        try settings.apply(SettingsEntry(id: id, value: value), from: role)
        return settings
    }

    @Test("Before any frame the RFC's initial values hold")
    func initial() {
        let settings = PeerSettings()
        #expect(settings.headerTableSize == 4096)
        #expect(settings.enablePush)
        #expect(settings.maxConcurrentStreams == .max)
        #expect(settings.initialWindowSize == 65_535)
        #expect(settings.maxFrameSize == 16_384)
        #expect(settings.maxHeaderListSize == .max)
    }

    @Test("Each parameter takes its values up to the last that is allowed", arguments: [HTTP2Role.server, .client])
    func values(role: HTTP2Role) throws {
        #expect(try Self.applied(1, 0, as: role).headerTableSize == 0)
        #expect(try Self.applied(1, .max, as: role).headerTableSize == 4_294_967_295)
        #expect(try !Self.applied(2, 0, as: role).enablePush)
        #expect(try Self.applied(3, 0, as: role).maxConcurrentStreams == 0)
        #expect(try Self.applied(3, .max, as: role).maxConcurrentStreams == 4_294_967_295)
        #expect(try Self.applied(4, 0, as: role).initialWindowSize == 0)
        #expect(try Self.applied(4, 0x7fff_ffff, as: role).initialWindowSize == 2_147_483_647)
        #expect(try Self.applied(5, 16_384, as: role).maxFrameSize == 16_384)
        #expect(try Self.applied(5, 16_777_215, as: role).maxFrameSize == 16_777_215)
        #expect(try Self.applied(6, 5, as: role).maxHeaderListSize == 5)
        #expect(try Self.applied(8, 1, as: role) == PeerSettings())
    }

    @Test("Parameters that are not known are ignored", arguments: [0, 7, 9, 0x4d44, 0xffff] as [UInt16])
    func unknown(id: UInt16) throws {
        #expect(try Self.applied(id, .max) == PeerSettings())
    }

    static let refused: [(id: UInt16, value: UInt32, role: HTTP2Role, code: HTTP2ErrorCode)] = [
        (2, 2, .server, .protocolError), (2, .max, .server, .protocolError), (2, 1, .client, .protocolError),
        (2, 2, .client, .protocolError), (4, 0x8000_0000, .server, .flowControlError),
        (4, .max, .client, .flowControlError), (5, 0, .server, .protocolError), (5, 16_383, .client, .protocolError),
        (5, 16_777_216, .server, .protocolError), (5, .max, .server, .protocolError), (8, 2, .server, .protocolError),
    ]

    @Test("A value out of range ends the connection with its code, and changes nothing", arguments: refused)
    func refuses(id: UInt16, value: UInt32, role: HTTP2Role, code: HTTP2ErrorCode) {
        var settings = PeerSettings()
        do {
            try settings.apply(SettingsEntry(id: id, value: value), from: role)
            Issue.record("accepted")
        } catch {
            #expect(error.code == code)
            #expect(settings == PeerSettings())
        }
    }

    @Test("Codes and streams describe themselves as the RFC names them")
    func descriptions() {
        #expect(HTTP2ErrorCode.enhanceYourCalm.description == "ENHANCE_YOUR_CALM")
        #expect(HTTP2ErrorCode.http11Required.description == "HTTP_1_1_REQUIRED")
        #expect(HTTP2ErrorCode(rawValue: 14).description == "0xe")
        #expect(HTTP2ErrorCode(rawValue: .max).description == "0xffffffff")
        #expect(StreamID(rawValue: 7).isClientInitiated && !StreamID(rawValue: 8).isClientInitiated)
        #expect(StreamID(rawValue: 7) < .maximum && StreamID(rawValue: 7).description == "7")
    }
}
