import FlightProtocol
import Foundation
import NIOCore
import SwiftProtobuf
import Testing

@Suite("Items of lists")
struct ListedItemTests {
    private func info(_ change: (inout Arrow_Flight_Protocol_FlightDescriptor) -> Void) throws -> ByteBuffer {
        var info = Arrow_Flight_Protocol_FlightInfo()
        info.totalRecords = 3
        change(&info.flightDescriptor)
        return ByteBuffer(bytes: try info.serializedBytes() as [UInt8])
    }

    @Test("a listed flight is its descriptor's path or command")
    func flights() throws {
        let path = try info {
            $0.type = .path
            $0.path = ["sales", "2024"]
        }
        #expect(ListedItem.flight(in: path) == .path(["sales", "2024"]))
        let command = try info {
            $0.type = .cmd
            $0.cmd = .init([1, 2])
        }
        #expect(ListedItem.flight(in: command) == .command([1, 2]))
        let empty = try info { $0.type = .cmd }
        #expect(ListedItem.flight(in: empty) == .command([]))
    }

    @Test("a descriptor that says two things, or nothing, is none")
    func contradictions() throws {
        let both = try info {
            $0.type = .path
            $0.path = ["a"]
            $0.cmd = .init([1])
        }
        #expect(ListedItem.flight(in: both) == nil)
        let wrongType = try info {
            $0.type = .cmd
            $0.path = ["a"]
        }
        #expect(ListedItem.flight(in: wrongType) == nil)
        #expect(ListedItem.flight(in: ByteBuffer()) == nil)
        var twice = try info {
            $0.type = .path
            $0.path = ["a"]
        }
        let other = try info {
            $0.type = .path
            $0.path = ["b"]
        }
        twice.writeImmutableBuffer(other)
        #expect(ListedItem.flight(in: twice) == nil)
        #expect(ListedItem.flight(in: ByteBuffer(bytes: [0x12])) == nil)
    }

    @Test("an action type is its name")
    func actions() throws {
        var type = Arrow_Flight_Protocol_ActionType()
        type.type = "drop"
        type.description_p = "drops"
        let bytes = ByteBuffer(bytes: try type.serializedBytes() as [UInt8])
        #expect(ListedItem.action(in: bytes) == .action("drop"))
        #expect(ListedItem.action(in: ByteBuffer(bytes: [0x0a, 1, 0xff])) == nil)
        #expect(ListedItem.action(in: ByteBuffer()) == nil)
    }
}
