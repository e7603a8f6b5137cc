import FlightProtocol
import JetwayCore
import JetwayTesting
import NIOCore
import Testing

/// Lets some messages pass, and some bytes at once.
private final class ScriptedGovernor: CallGovernor {
    var messagesLeft: [CallDirection: Int] = [:]
    var longest = Int.max
    var delay = TimeAmount.zero
    let told: @Sendable (String) -> Void

    init(told: @escaping @Sendable (String) -> Void) {
        self.told = told
    }

    func passed(_ direction: CallDirection, bytes: Int, rows: Int) -> Rejection? {
        told("\(direction) \(bytes)")
        guard let left = messagesLeft[direction] else { return nil }
        messagesLeft[direction] = left - 1
        return left > 1 ? nil : Rejection(.resourceExhausted, "the quota is used up")
    }

    func begins(_ direction: CallDirection, length: Int) -> Rejection? {
        length > longest ? Rejection(.resourceExhausted, "the message is too long") : nil
    }

    func pace(_ direction: CallDirection, bytes: Int, now: NIODeadline) -> TimeAmount { delay }
    func ended() { told("ended") }
}

/// Lets messages pass whose first byte is even.
private final class EvenFilter: ResponseFilter {
    let messageLimit = 1 << 20

    func passes(_ message: ByteBuffer) throws(Rejection) -> Bool {
        guard let first = message.getInteger(at: message.readerIndex, as: UInt8.self) else { return true }
        guard first != 255 else { throw Rejection(.internal, "cannot be read") }
        return first % 2 == 0
    }
}

private struct Controlled: Middleware {
    let prepare: @Sendable (Call) -> Void

    func handle(_ call: Call, next: some CallHandler) async throws(Rejection) -> Outcome {
        prepare(call)
        return try await next.handle(call)
    }
}

@Suite("Calls with limits and filters", .timeLimit(.minutes(1)))
struct CallControlsTests {
    private let told: AsyncStream<String>
    private let tell: AsyncStream<String>.Continuation

    init() {
        (told, tell) = AsyncStream.makeStream()
    }

    private func gateway(_ answer: [ByteBuffer], _ prepare: @escaping @Sendable (Call) -> Void) async throws
        -> InMemoryGateway
    {
        try await InMemoryGateway {
            Controlled(prepare: prepare)
        } upstream: { _ in
            TestResponse(messages: answer)
        }
    }

    private func governor(_ change: @escaping @Sendable (ScriptedGovernor) -> Void) -> @Sendable (Call) -> Void {
        { [tell] call in
            let governor = ScriptedGovernor { tell.yield($0) }
            change(governor)
            call.governor = governor
        }
    }

    private func messages(_ count: Int, bytes: Int) -> [ByteBuffer] {
        (0..<count).map { ByteBuffer(repeating: UInt8($0), count: bytes) }
    }

    @Test(
        "a quota ends a response between two messages: the client gets whole ones, then an error",
        arguments: [(1, 10), (5, 10), (5, 100_000), (9, 300_000)])
    func quota(allowed: Int, bytes: Int) async throws {
        let answer = messages(10, bytes: bytes)
        let gateway = try await gateway(answer, governor { $0.messagesLeft[.response] = allowed })
        let response = try await gateway.call(TestRequest(.doGet))
        #expect(response.status == .resourceExhausted)
        #expect(response.messages == Array(answer.prefix(allowed)))
        await gateway.close()
    }

    @Test("a quota ends an upload, and its status reaches the client")
    func uploadQuota() async throws {
        let gateway = try await gateway([], governor { $0.messagesLeft[.request] = 2 })
        let response = try await gateway.call(TestRequest(.doPut, messages: messages(5, bytes: 1000)))
        #expect(response.status == .resourceExhausted)
        await gateway.close()
    }

    @Test("a call that was let through for its first message ends with a second, before anything goes upstream")
    func oneRequest() async throws {
        let gateway = try await gateway([]) { $0.governor = OneRequestGovernor() }
        let response = try await gateway.call(TestRequest(.getFlightInfo, messages: messages(2, bytes: 10)))
        #expect(response.status == .invalidArgument)
        #expect(gateway.upstreamRequests.isEmpty)
        let single = try await gateway.call(TestRequest(.getFlightInfo, messages: messages(1, bytes: 10)))
        #expect(single.status == .ok)
        await gateway.close()
    }

    @Test("a message that is too long is ended before it, by its prefix")
    func messageLimit() async throws {
        let answer = [ByteBuffer(repeating: 1, count: 100), ByteBuffer(repeating: 2, count: 101)]
        let gateway = try await gateway(answer, governor { $0.longest = 100 })
        let response = try await gateway.call(TestRequest(.doGet))
        #expect(response.status == .resourceExhausted)
        #expect(response.messages == [answer[0]])
        await gateway.close()
    }

    @Test("messages and their bytes are counted with their prefixes, and the end of the call is told once")
    func counts() async throws {
        let gateway = try await gateway(messages(2, bytes: 70_000), governor { _ in })
        _ = try await gateway.call(TestRequest(.doExchange, messages: messages(1, bytes: 3)))
        await gateway.close()
        tell.finish()
        var lines: [String] = []
        for await line in told { lines.append(line) }
        #expect(lines.sorted() == ["ended", "request 8", "response 70005", "response 70005"])
    }

    @Test("a call that is slowed loses nothing")
    func slowed() async throws {
        let answer = messages(40, bytes: 100_000)
        let gateway = try await gateway(answer, governor { $0.delay = .milliseconds(10) })
        let response = try await gateway.call(TestRequest(.doGet))
        #expect(response.status == .ok)
        #expect(response.messages == answer)
        await gateway.close()
    }

    @Test("a filter leaves messages out of a response of any length", arguments: [1, 1000, 200_000])
    func filter(bytes: Int) async throws {
        let answer = messages(30, bytes: bytes)
        let gateway = try await gateway(answer) { $0.filter = EvenFilter() }
        let response = try await gateway.call(TestRequest(.listFlights))
        #expect(response.status == .ok)
        #expect(response.messages == answer.enumerated().filter { $0.offset % 2 == 0 }.map(\.element))
        await gateway.close()
    }

    @Test("what a filter cannot read, and what is too long for it, ends the call with an error")
    func filterFailures() async throws {
        for answer in [
            [ByteBuffer(repeating: 0, count: 5), ByteBuffer(repeating: 255, count: 5)],
            [ByteBuffer(repeating: 0, count: 5), ByteBuffer(repeating: 0, count: 2 << 20)],
        ] {
            let gateway = try await gateway(answer) { $0.filter = EvenFilter() }
            let response = try await gateway.call(TestRequest(.listFlights))
            #expect(response.status == .internal)
            #expect(response.messages == [answer[0]])
            await gateway.close()
        }
    }
}
