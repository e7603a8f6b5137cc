import FlightProtocol
import Testing

@Suite struct RPCPathTests {
    @Test("A canonical path is taken apart and kept as it came")
    func canonical() throws {
        let path = try #require(RPCPath(parsing: "/arrow.flight.protocol.FlightService/DoGet"))
        #expect(path.service == "arrow.flight.protocol.FlightService")
        #expect(path.method == "DoGet")
        #expect(path.description == "/arrow.flight.protocol.FlightService/DoGet")
        #expect(FlightRPC(path: path) == .doGet)
        let short = try #require(RPCPath(parsing: "/s_1/M_2"))
        #expect(short.service == "s_1" && short.method == "M_2")
        #expect(FlightRPC(path: short) == nil)
    }

    @Test(
        "T19: a path of any other form is no path",
        arguments: [
            "", "/", "//", "///", "a", "/a", "/a/", "//b", "a/b", "/a/b/", "//a/b", "/a//b", "/a/b/c", "*",
            "arrow.flight.protocol.FlightService/DoGet",
            "//arrow.flight.protocol.FlightService/DoGet",
            "/./arrow.flight.protocol.FlightService/DoGet",
            "/arrow.flight.protocol.FlightService/./DoGet",
            "/x/../arrow.flight.protocol.FlightService/DoGet",
            "/arrow.flight.protocol.FlightService/../DoGet",
            "/arrow.flight.protocol.FlightService%2fDoGet",
            "/arrow.flight.protocol.FlightService/Do%47et",
            "/arrow.flight.protocol.FlightService/DoGet;a=b",
            "/arrow.flight.protocol.FlightService/DoGet?x",
            "/arrow.flight.protocol.FlightService/DoGet#x",
            "/arrow.flight.protocol.FlightService/Do.Get",
            "/arrow.flight.protocol.FlightService/DoGet ",
            " /arrow.flight.protocol.FlightService/DoGet",
            "/arrow.flight.protocol.FlightService/DoGet\0",
            "/arrow.flight.protocol.FlightService\\DoGet",
            "/arrow.flight.protocol.FlightService/DoG\u{e9}t",
            "/arrow..flight/DoGet", "/.arrow/DoGet", "/arrow./DoGet", "/../DoGet", "/./DoGet",
            "http://host/arrow.flight.protocol.FlightService/DoGet",
        ])
    func otherForms(_ path: String) {
        #expect(RPCPath(parsing: path) == nil)
    }

    @Test("Names are compared with their case")
    func letterCase() throws {
        for text in [
            "/arrow.flight.protocol.FlightService/doget", "/Arrow.flight.protocol.FlightService/DoGet",
            "/arrow.flight.protocol.FlightService/DoGetX", "/xarrow.flight.protocol.FlightService/DoGet",
        ] {
            #expect(FlightRPC(path: try #require(RPCPath(parsing: text))) == nil)
        }
    }

    @Test("Each of the ten RPCs is found by its path", arguments: FlightRPC.allCases)
    func roundTrip(_ rpc: FlightRPC) throws {
        #expect(FlightRPC(path: try #require(RPCPath(parsing: rpc.path))) == rpc)
    }

    @Test("The RPCs stream, write and carry FlightData as Flight.proto says")
    func properties() {
        #expect(FlightRPC.allCases.count == 10)
        #expect(FlightRPC.allCases.filter(\.streamsRequests) == [.handshake, .doPut, .doExchange])
        #expect(FlightRPC.allCases.filter { !$0.streamsResponses } == [.getFlightInfo, .pollFlightInfo, .getSchema])
        #expect(FlightRPC.allCases.filter(\.writes) == [.doPut, .doExchange, .doAction])
        #expect(FlightRPC.allCases.filter(\.sendsFlightData) == [.doPut, .doExchange])
        #expect(FlightRPC.allCases.filter(\.receivesFlightData) == [.doGet, .doExchange])
    }
}
