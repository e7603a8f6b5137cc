import FlightProtocol
import Foundation
import SwiftProtobuf
import TestSupport
import Testing

@Suite struct FlightRequestMutationTests {
    typealias Make = RequestMessages

    /// Messages of all RPCs, each as it should be.
    static let samples: [(FlightRPC, [UInt8])] = {
        let commands = FlightRequestMutationTests.commands
        var samples: [(FlightRPC, [UInt8])] = [
            (.getFlightInfo, Make.path(["sales", "größe"])), (.getSchema, Make.command([1, 2])),
            (.listFlights, Make.field(1, [1, 2])), (.doAction, Make.action("refresh", [1])),
            (.doAction, Make.action("CancelFlightInfo", Make.cancel([[1, 2], [1, 2]]))),
            (.doAction, Make.action("CancelFlightInfo", Make.cancel([[1, 2], [3]]))),
            (.doAction, Make.action("RenewFlightEndpoint", Make.renew(commands[0]))),
            (.doAction, Make.action("BeginTransaction", Make.any("ActionBeginTransactionRequest", []))),
            (.doAction, Make.action("CreatePreparedStatement", Make.any(SQLMessageOracle.prepare("SELECT 1")))),
            (.doAction, Make.action("CancelQuery", SQLMessageOracle.cancelQuery([[1, 2]]))),
        ]
        for command in commands {
            samples += [(.pollFlightInfo, Make.command(command)), (.doGet, Make.ticket(command))]
            let descriptor = try? Arrow_Flight_Protocol_FlightDescriptor(serializedBytes: Make.command(command))
            let upload = Arrow_Flight_Protocol_FlightData.with {
                $0.flightDescriptor = descriptor ?? $0.flightDescriptor
                $0.dataHeader = Data([1])
                $0.dataBody = Data([2])
            }
            samples += [(.doPut, Make.bytes(upload)), (.doExchange, Make.bytes(upload))]
        }
        return samples
    }()

    static let commands: [[UInt8]] = [
        Make.any(Make.query("SELECT 'ü' FROM t")),
        Make.any(Arrow_Flight_Protocol_Sql_CommandStatementUpdate.with { $0.query = "DELETE FROM t" }),
        Make.any(Arrow_Flight_Protocol_Sql_CommandGetSqlInfo.with { $0.info = [1, 300] }),
        Make.any("TicketStatementQuery", Make.field(1, [1])),
        Make.any("CommandPreparedStatementQuery", Make.field(1, [1])),
        Make.any(
            Arrow_Flight_Protocol_Sql_CommandGetTables.with {
                $0.catalog = "c"
                $0.dbSchemaFilterPattern = "s"
                $0.tableNameFilterPattern = "t"
                $0.tableTypes = ["a", "b"]
            }),
        Make.any(
            Arrow_Flight_Protocol_Sql_CommandStatementIngest.with {
                $0.tableDefinitionOptions.ifNotExist = .create
                $0.tableDefinitionOptions.ifExists = .append
                $0.table = "t"
                $0.schema = "s"
                $0.options = ["k": "v"]
            }),
    ]

    static func mutate(_ message: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = message
        for _ in 0...random.below(3) {
            let place = random.below(bytes.count + 1)
            let end = min(bytes.count, place + random.below(12))
            switch random.below(6) {
            case 0: bytes.insert(UInt8(random.below(256)), at: place)
            case 1: bytes.removeSubrange(place..<end)
            case 2: bytes.insert(contentsOf: bytes[place..<end], at: random.below(bytes.count + 1))
            case 3: bytes += [UInt8(random.below(64)), UInt8(random.below(4))]
            case 4 where place < bytes.count: bytes[place] ^= 1 << UInt8(random.below(8))
            default: if place < bytes.count { bytes[place] = UInt8(random.below(256)) }
            }
        }
        return bytes
    }

    @Test("Messages as they should be are read as SwiftProtobuf reads them")
    func samples() throws {
        for (rpc, message) in Self.samples {
            let request = try Make.read(rpc, message)
            #expect(try FlightRequestOracle.differences(request, rpc, message).isEmpty)
        }
    }

    @Test(
        "Damaged messages never trap, and what is read of them is what SwiftProtobuf reads",
        arguments: 1...4 as ClosedRange<UInt64>)
    func mutations(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var accepted = 0
        for _ in 0..<40_000 {
            let (rpc, sample) = Self.samples[random.below(Self.samples.count)]
            let message = Self.mutate(sample, &random)
            guard let request = try? Make.read(rpc, message) else { continue }
            accepted += 1
            let differences = (try? FlightRequestOracle.differences(request, rpc, message)) ?? ["not a message"]
            if !differences.isEmpty {
                Issue.record("\(rpc) \(message): \(differences) in \(request)")
                return
            }
        }
        #expect(accepted > 1000)
    }

    @Test("Random bytes never trap", arguments: FlightRPC.allCases)
    func random(_ rpc: FlightRPC) {
        var random = SeededGenerator(seed: UInt64(rpc.index))
        for _ in 0..<20_000 {
            let message = (0..<random.below(40)).map { _ in UInt8(random.below(256)) & 0x3f }
            _ = try? Make.read(rpc, message)
        }
    }
}
