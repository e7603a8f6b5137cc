import NIOCore
import NIOHPACK
import Testing

@testable import JetwayHTTP2

@Suite("What a header list must be (T18)")
struct HeaderValidationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let kind: HeaderKind
        let name: String
        let fields: [(String, String)]
        var testDescription: String { "\(self.kind): \(self.name)" }

        init(_ kind: HeaderKind, _ name: String, _ fields: [(String, String)]) {
            self.kind = kind
            self.name = name
            self.fields = fields
        }
    }

    static let start = [
        (":method", "POST"), (":scheme", "https"), (":path", "/arrow.flight.protocol.FlightService/DoGet"),
        (":authority", "flight.example:443"),
    ]

    static func request(_ name: String, _ more: (String, String)...) -> Case {
        Case(.request, name, self.start + more)
    }

    /// A request in which one of the four fields at the start has another value, or is not there.
    static func changed(_ field: String, _ value: String?, _ more: (String, String)...) -> Case {
        let fields = self.start.compactMap { pair -> (String, String)? in
            guard pair.0 == field else { return pair }
            return value.map { (field, $0) }
        }
        return Case(.request, "\(field) \(value.map { "\"\($0)\"" } ?? "missing")", fields + more)
    }

    static let malformed: [Case] = [
        request("a capital in a name", ("X-id", "1")), request("a name in capitals", ("ACCEPT", "*/*")),
        request("a space in a name", ("x id", "1")), request("a colon in a name", ("x:id", "1")),
        request("a name that ends with a colon", ("x:", "1")), request("NUL in a name", ("x\0", "1")),
        request("CR in a name", ("x\r", "1")), request("a parenthesis in a name", ("x(1)", "1")),
        request("DEL in a name", ("x\u{7f}", "1")), request("an empty name", ("", "1")),
        request("CR in a value", ("x", "a\rb")), request("LF in a value", ("x", "a\nb")),
        request("CRLF and a header in a value", ("x", "a\r\nhost: b")), request("NUL in a value", ("x", "a\0b")),
        request("ESC in a value", ("x", "a\u{1b}b")), request("DEL in a value", ("x", "a\u{7f}b")),
        request("a leading space", ("x", " a")), request("a trailing space", ("x", "a ")),
        request("a leading tab", ("x", "\ta")), request("a trailing tab", ("x", "a\t")),
        request("only a space", ("x", " ")), request("a repaired value", ("x", "a\u{fffd}b")),
        request("connection", ("connection", "close")), request("proxy-connection", ("proxy-connection", "keep-alive")),
        request("keep-alive", ("keep-alive", "timeout=5")), request("upgrade", ("upgrade", "h2c")),
        request("transfer-encoding", ("transfer-encoding", "chunked")), request("te: gzip", ("te", "gzip")),
        request("te: trailers and more", ("te", "trailers, gzip")), request("an empty te", ("te", "")),
        request("a pseudo-header field after a regular one", ("x", "1"), (":path", "/")),
        request("a second :method", (":method", "POST")), request("a second :path", (":path", "/")),
        request("a second :scheme", (":scheme", "http")), request("a second :authority", (":authority", "b")),
        request("an unknown pseudo-header field", (":foo", "1")), request("a lone colon", (":", "1")),
        request(":protocol without extended CONNECT", (":protocol", "websocket")),
        request(":status in a request", (":status", "200")), request(":PATH in capitals", (":PATH", "/")),
        changed(":method", nil), changed(":method", ""), changed(":method", "PO ST"), changed(":method", "POST\n"),
        changed(":scheme", nil), changed(":scheme", ""), changed(":scheme", "1http"), changed(":scheme", "https://x"),
        changed(":path", nil), changed(":path", ""), changed(":path", "DoGet"), changed(":path", "*"),
        changed(":path", "https://a/b"), changed(":path", "/a b"), changed(":path", "/a#b"), changed(":path", "/a\tb"),
        changed(":path", "/\u{e9}"), changed(":path", "\\a"), changed(":path", " /"),
        changed(":authority", nil), changed(":authority", ""), changed(":authority", "user@host"),
        changed(":authority", "user:pw@host:1"), changed(":authority", "a/b"), changed(":authority", "a b"),
        changed(":authority", "a?b"), changed(":authority", "a#b"),
        request("host differs from :authority", ("host", "other.example")), request("an empty host", ("host", "")),
        request("host twice", ("host", "flight.example:443"), ("host", "flight.example:443")),
        changed(":authority", nil, ("host", "user@host")),
        request("content-length in words", ("content-length", "ten")),
        request("a negative content-length", ("content-length", "-1")),
        request("content-length with a sign", ("content-length", "+1")),
        request("content-length twice", ("content-length", "1"), ("content-length", "1")),
        request("a list in content-length", ("content-length", "1, 1")),
        request("an empty content-length", ("content-length", "")),
        request("a content-length beyond 63 bits", ("content-length", "9223372036854775808")),
        request("a binary field of other characters", ("x-bin", "a_b-")),
        request("a binary field of one digit", ("x-bin", "AAAAA")),
        request("a binary field with too much padding", ("x-bin", "AA===")),
        request("a binary field with too little padding", ("x-bin", "AA=")),
        request("a binary field with padding inside", ("x-bin", "A=AA")),
        request("a binary list with one bad value", ("x-bin", "AAAA,A")),
        request("a binary field with a space inside", ("x-bin", "AA AA")),
        Case(.request, "CONNECT with :path", [(":method", "CONNECT"), (":authority", "a:1"), (":path", "/")]),
        Case(.request, "CONNECT with :scheme", [(":method", "CONNECT"), (":authority", "a:1"), (":scheme", "http")]),
        Case(.request, "CONNECT without :authority", [(":method", "CONNECT")]),
        Case(.request, "nothing", []),
        Case(.response, "no :status", [("content-type", "application/grpc")]),
        Case(.response, "101", [(":status", "101")]), Case(.response, "two digits", [(":status", "20")]),
        Case(.response, "four digits", [(":status", "2000")]), Case(.response, "a low status", [(":status", "099")]),
        Case(.response, "a status in words", [(":status", "2OK")]),
        Case(.response, "a status with its reason", [(":status", "200 OK")]),
        Case(.response, "two statuses", [(":status", "200"), (":status", "200")]),
        Case(.response, "a late status", [("a", "b"), (":status", "200")]),
        Case(.response, "a request's field", [(":status", "200"), (":path", "/")]),
        Case(.response, "te", [(":status", "200"), ("te", "trailers")]),
        Case(.response, "connection", [(":status", "200"), ("connection", "close")]),
        Case(.response, "two lengths", [(":status", "200"), ("content-length", "1"), ("content-length", "2")]),
        Case(.requestTrailers, "a pseudo-header field", [(":path", "/")]),
        Case(.requestTrailers, "te", [("te", "trailers")]), Case(.requestTrailers, "host", [("host", "a")]),
        Case(.requestTrailers, "content-length", [("content-length", "0")]),
        Case(.requestTrailers, "transfer-encoding", [("transfer-encoding", "chunked")]),
        Case(.responseTrailers, ":status", [(":status", "200")]),
        Case(.responseTrailers, "a pseudo-header field at the end", [("grpc-status", "0"), (":status", "200")]),
        Case(.responseTrailers, "a capital", [("Grpc-Status", "0")]),
        Case(.responseTrailers, "bad details", [("grpc-status-details-bin", "?")]),
    ]

    static let wellFormed: [Case] = [
        request(
            "what pyarrow sends", ("te", "trailers"), ("content-type", "application/grpc"),
            ("user-agent", "grpc-c++/1.60"),
            ("grpc-accept-encoding", "identity, deflate, gzip"), ("grpc-timeout", "10S")),
        request("every character of a token", ("!#$%&'*+-.^_`|~09az", "1")), request("an empty value", ("x", "")),
        request("a tab and visible bytes in a value", ("x", "a\t b!~")), request("UTF-8 in a value", ("x", "h\u{e9}")),
        request("host like :authority in other case", ("host", "FLIGHT.example:443")),
        request("cookies in crumbs", ("cookie", "a=1"), ("cookie", "b=2")),
        request("a length", ("content-length", "0")),
        request("the largest length", ("content-length", "9223372036854775807")),
        request(
            "binary values", ("a-bin", "AA=="), ("b-bin", "AA"), ("c-bin", "AAA="), ("d-bin", "AAA"), ("e-bin", "+/09")),
        request("binary values in a list", ("a-bin", "AA==,AAAA, BB,")), request("no binary value", ("a-bin", "")),
        request("a name that only ends like a binary one", ("-bin", "?"), ("xbin", "?")),
        changed(":path", "/"), changed(":path", "//a/./../%2f;b=c?d=e"), changed(":method", "GET"),
        changed(":scheme", "http"), changed(":authority", "[::1]:8080"), changed(":authority", "a-b.c_d~e:1"),
        changed(":authority", nil, ("host", "flight.example")),
        Case(
            .request, "OPTIONS *",
            [(":method", "OPTIONS"), (":scheme", "https"), (":path", "*"), (":authority", "a")]),
        Case(.request, "a scheme without authority", [(":method", "GET"), (":scheme", "urn"), (":path", "/a")]),
        Case(.request, "CONNECT", [(":method", "CONNECT"), (":authority", "a:1")]),
        Case(.response, "gRPC", [(":status", "200"), ("content-type", "application/grpc")]),
        Case(.response, "interim", [(":status", "100")]), Case(.response, "an odd status", [(":status", "599")]),
        Case(.response, "trailers only", [(":status", "200"), ("grpc-status", "12"), ("grpc-message", "")]),
        Case(.requestTrailers, "some", [("x-checksum", "1")]), Case(.requestTrailers, "none", []),
        Case(
            .responseTrailers, "gRPC",
            [("grpc-status", "0"), ("grpc-message", "caf%C3%A9"), ("grpc-status-details-bin", "CAA")]),
    ]

    @Test("A malformed list is refused with a reason", arguments: malformed)
    func refuses(_ example: Case) {
        let found = flaw(in: HPACKHeaders(example.fields), as: example.kind)
        #expect(found?.reason.isEmpty == false)
    }

    @Test("A well-formed list is accepted", arguments: wellFormed)
    func accepts(_ example: Case) {
        #expect(flaw(in: HPACKHeaders(example.fields), as: example.kind) == nil)
    }

    @Test("A name that is not ASCII is refused as it comes from a decoder")
    func decodedName() throws {
        var decoder = HeaderBlockDecoder(tableSize: 4096, maxListSize: 4096)
        let list = try decoder.decode(ByteBuffer(bytes: [0x88, 0, 2, 0xc3, 0xa9, 0]))
        #expect(list.flaw(as: .response)?.reason == "a field name that is not a lower-case token")
    }

    @Test(
        "A value that is not UTF-8 is refused as it comes from a decoder",
        arguments: [[0xff], [0x61, 0xc3], [0xed, 0xa0, 0x80], [0xe9, 0x61]] as [[UInt8]])
    func decodedValue(value: [UInt8]) throws {
        var decoder = HeaderBlockDecoder(tableSize: 4096, maxListSize: 4096)
        let list = try decoder.decode(ByteBuffer(bytes: [0x88, 0, 1, 97, UInt8(value.count)] + value))
        #expect(list.flaw(as: .response)?.reason == "a field value with bytes that are not allowed")
    }

    @Test("Reasons hold nothing of what the peer sent")
    func reasons() {
        let found = flaw(in: ["x": "canary\n"], as: .responseTrailers)
        #expect(found?.reason == "a field value with bytes that are not allowed")
    }

    @Test("The declared length is the number, and nothing where it is unclear")
    func length() {
        #expect(contentLength(in: ["content-length": "42"]) == 42)
        #expect(contentLength(in: ["content-length": "042"]) == 42)
        #expect(contentLength(in: [:]) == nil)
        #expect(contentLength(in: ["content-length": "4x"]) == nil)
        #expect(contentLength(in: HPACKHeaders([("content-length", "1"), ("content-length", "1")])) == nil)
    }

    @Test("A list knows its size and count, and keeps its verdict for the kind that was asked last")
    func list() {
        let list = HeaderList([":status": "200", "a": "bc"])
        #expect(list.listSize == 10 + 32 + 3 + 32)
        #expect(list.count == 2)
        for _ in 0..<2 {
            #expect(list.flaw(as: .response) == nil)
            #expect(list.flaw(as: .responseTrailers)?.reason == "a pseudo-header field in trailers")
        }
    }
}
