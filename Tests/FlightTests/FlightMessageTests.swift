import FlightProtocol
import NIOCore
import Testing

@testable import Flight

@Suite struct FlightMessageTests {
    @Test("A message of Flight.proto is written behind its prefix, and read from its bytes alone")
    func roundTrip() throws {
        var action = Action()
        action.type = "drop"
        action.body.append(contentsOf: [1, 2, 3])
        var buffer = ByteBuffer(string: "before")
        #expect(try action.write(into: &buffer) == nil)
        buffer.moveReaderIndex(forwardBy: 6)
        #expect(Array(buffer.readableBytesView.prefix(5)) == [0, 0, 0, 0, UInt8(buffer.readableBytes - 5)])
        buffer.moveReaderIndex(forwardBy: 5)
        #expect(try Action(reading: buffer) == action)
        #expect(try Empty(reading: ByteBuffer()) == Empty())
    }

    @Test("Bytes that are not the message are refused, with its name and not with what they are")
    func refused() {
        let problem = FlightError(.invalidArgument, "arrow.flight.protocol.Action cannot be read")
        for bytes in [[0x0A], [0x0A, 1, 0xff], [0x12, 5, 1]] as [[UInt8]] {
            #expect(throws: problem) { try Action(reading: ByteBuffer(bytes: bytes)) }
        }
    }

    @Test("Of any error the other side is told what is meant for it")
    func telling() {
        struct Secret: Error {}
        let denied = FlightError(.permissionDenied, "no")
        #expect(FlightError(telling: denied) == denied)
        #expect(FlightError(telling: CancellationError()) == FlightError(.cancelled, "the call was cancelled"))
        #expect(FlightError(telling: Secret()) == FlightError(.internal, "the server failed"))
        #expect("\(denied)" == "PERMISSION_DENIED: no")
    }
}
