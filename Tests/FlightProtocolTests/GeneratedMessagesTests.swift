import FlightProtocol
import Foundation
import SwiftProtobuf
import Testing

@Suite struct GeneratedMessagesTests {
    @Test("A FlightInfo of pyarrow is read field by field and written to the same bytes")
    func flightInfo() throws {
        let info = try Arrow_Flight_Protocol_FlightInfo(serializedBytes: PyArrowMessages.flightInfo)
        #expect(info.flightDescriptor.type == .path)
        #expect(info.flightDescriptor.path == ["one", "two"])
        #expect(info.endpoint.map(\.ticket.ticket) == [Data("\0ticket".utf8), Data("second".utf8)])
        #expect(info.endpoint[0].location.map(\.uri) == ["grpc+tls://example.com:815"])
        #expect(info.endpoint[0].expirationTime.seconds == 1_700_000_000)
        #expect(info.endpoint[0].expirationTime.nanos == 123_456_789)
        #expect(info.endpoint[0].appMetadata == Data("meta".utf8))
        #expect(!info.endpoint[1].hasExpirationTime && info.endpoint[1].location.isEmpty)
        #expect(info.totalRecords == 7 && info.totalBytes == -1 && info.ordered)
        #expect(info.appMetadata == Data("app".utf8))
        #expect(!info.schema.isEmpty && info.unknownFields.data.isEmpty)
        #expect(try info.serializedBytes() == PyArrowMessages.flightInfo)
    }

    @Test("The small messages of pyarrow are what our own make")
    func small() throws {
        let descriptor = Arrow_Flight_Protocol_FlightDescriptor.with {
            $0.type = .cmd
            $0.cmd = Data([0xff, 0]) + Data("cmd".utf8)
        }
        #expect(try descriptor.serializedBytes() == PyArrowMessages.descriptorCommand)
        let ticket = Arrow_Flight_Protocol_Ticket.with { $0.ticket = Data("abc".utf8) }
        #expect(try ticket.serializedBytes() == PyArrowMessages.ticket)
        let action = Arrow_Flight_Protocol_Action.with {
            $0.type = "do"
            $0.body = Data("body".utf8)
        }
        #expect(try action.serializedBytes() == PyArrowMessages.action)
        let result = Arrow_Flight_Protocol_Result.with { $0.body = Data("res".utf8) }
        #expect(try result.serializedBytes() == PyArrowMessages.result)
        let basic = Arrow_Flight_Protocol_BasicAuth.with {
            $0.username = "ann"
            $0.password = "pw"
        }
        #expect(try basic.serializedBytes() == PyArrowMessages.basicAuth)
    }

    @Test("Flight SQL messages carry the names and numbers of FlightSql.proto")
    func flightSQL() throws {
        typealias SQL = Arrow_Flight_Protocol_Sql_CommandStatementIngest
        let ingest = SQL.with {
            $0.tableDefinitionOptions.ifExists = .append
            $0.table = "t"
            $0.transactionID = Data()
            $0.options = ["k": "v"]
        }
        let bytes: [UInt8] = [0x0a, 2, 0x10, 2, 0x12, 1, 0x74, 0x32, 0, 0xc2, 0x3e, 6, 0x0a, 1, 0x6b, 0x12, 1, 0x76]
        #expect(try ingest.serializedBytes() == bytes)
        #expect(try SQL(serializedBytes: bytes).hasTransactionID)

        let packed = try Google_Protobuf_Any(
            message: Arrow_Flight_Protocol_Sql_CommandStatementQuery.with { $0.query = "q" })
        #expect(AnyTypeName(typeURL: packed.typeURL)?.description == "arrow.flight.protocol.sql.CommandStatementQuery")
        #expect(packed.value == Data([0x0a, 1, 0x71]))
    }

    @Test("Numbers that the protocol leaves gaps between are where they belong")
    func numbers() {
        #expect(Arrow_Flight_Protocol_Sql_SqlInfo.sqlStoredFunctionsUsingCallSyntaxSupported.rawValue == 576)
        #expect(Arrow_Flight_Protocol_Sql_SqlInfo.flightSqlServerTransactionTimeout.rawValue == 101)
        #expect(Arrow_Flight_Protocol_Sql_XdbcDataType.xdbcWvarchar.rawValue == -9)
        #expect(Arrow_Flight_Protocol_Sql_XdbcDatetimeSubcode.xdbcSubcodeIntervalMinuteToSecond.rawValue == 113)
        #expect(Arrow_Flight_Protocol_Sql_UpdateDeleteRules.setDefault.rawValue == 4)
    }
}
