import FlightProtocol
import Testing

@Suite struct GRPCStatusTests {
    @Test(
        "A message is percent-encoded and comes back",
        arguments: [
            ("", ""), ("plain text ~!", "plain text ~!"), ("50%", "50%25"), ("a\nb\r\0", "a%0Ab%0D%00"),
            ("\u{7f}", "%7F"), ("\u{e9}", "%C3%A9"), ("\u{1f600}", "%F0%9F%98%80"), ("%41", "%2541"),
        ])
    func roundTrip(_ text: String, _ encoded: String) {
        #expect(GRPCStatus.encode(text) == encoded)
        #expect(GRPCStatus.decode(encoded) == text)
        #expect(GRPCStatus(code: .internal, message: text).encodedMessage == encoded)
    }

    @Test(
        "An escape that is none stays as it is",
        arguments: [
            ("%", "%"), ("100%", "100%"), ("%4", "%4"), ("%zz", "%zz"), ("%4g%41", "%4gA"), ("%e2%82%ac", "\u{20ac}"),
            ("%%41", "%A"), ("%ff", "\u{fffd}"), ("\u{e9}", "\u{e9}"),
        ])
    func lenient(_ value: String, _ text: String) {
        #expect(GRPCStatus.decode(value) == text)
    }

    @Test("A long message is cut to 1 KiB behind a whole character")
    func cut() {
        let plain = GRPCStatus(code: .internal, message: String(repeating: "a", count: 5000)).encodedMessage
        #expect(plain == String(repeating: "a", count: 1024))
        let wide = GRPCStatus(code: .internal, message: String(repeating: "\u{20ac}", count: 5000)).encodedMessage
        #expect(wide == String(repeating: "%E2%82%AC", count: 113))
    }

    @Test("Codes have the numbers, names and trailer values of gRPC")
    func codes() {
        #expect(GRPCCode.allCases.map(\.rawValue) == Array(0...16))
        #expect(GRPCCode.allCases.map { GRPCCode(trailer: String($0.rawValue)) } == GRPCCode.allCases)
        #expect(GRPCStatus(code: .unauthenticated, message: "").encodedCode == "16")
        #expect(GRPCCode.deadlineExceeded.description == "DEADLINE_EXCEEDED")
        #expect(Set(GRPCCode.allCases.map(\.description)).count == 17)
        for value in ["", "17", "-1", "+5", "05", " 5", "x", "99999999999999999999"] {
            #expect(GRPCCode(trailer: value) == .unknown)
        }
    }

    @Test("HTTP statuses map to codes as gRPC's table says")
    func httpStatuses() {
        let table: [Int: GRPCCode] = [
            400: .internal, 401: .unauthenticated, 403: .permissionDenied, 404: .unimplemented, 429: .unavailable,
            502: .unavailable, 503: .unavailable, 504: .unavailable,
        ]
        for status in 100..<600 {
            #expect(GRPCCode(httpStatus: status) == table[status] ?? .unknown)
        }
    }

    @Test("Reset codes map to codes as gRPC's table says")
    func resetCodes() {
        let table: [UInt32: GRPCCode] = [
            7: .unavailable, 8: .cancelled, 11: .resourceExhausted, 12: .permissionDenied,
        ]
        for code in Array(0...20) + [UInt32.max] {
            #expect(GRPCCode(resetCode: code) == table[code] ?? .internal)
        }
    }
}
