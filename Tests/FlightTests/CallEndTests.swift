import FlightProtocol
import NIOCore
import Synchronization
import Testing

@testable import Flight

/// Calls that end early: the service's task is cancelled, whatever it does.
@Suite(.timeLimit(.minutes(1)))
struct CallEndTests {
    /// What a service does when its call ends.
    enum Activity: CaseIterable {
        case waiting
        case reading
        case writing
    }

    /// A service that sends one message, and then does something without end.
    private struct Endless {
        let activity: Activity
        let ended = Event()
        private let seen = Box<(isCancelled: Bool, error: FlightError?)?>(nil)

        init(_ activity: Activity) { self.activity = activity }

        var service: TestService {
            var service = TestService()
            service.get = { [self] _, data in try await run(nil, data) }
            service.exchange = { [self] data, results in try await run(data, results) }
            return service
        }

        private func run(_ data: FlightReader<FlightData>?, _ results: FlightWriter<FlightData>) async throws {
            defer { ended.happen() }
            do {
                try await results.write(FlightData(metadata: ByteBuffer(string: "first")))
                switch activity {
                case .waiting: await Event().wait()
                case .reading: while let data, try await data.next() != nil {}
                case .writing:
                    while true { try await results.write(FlightData(body: ByteBuffer(repeating: 0, count: 100_000))) }
                }
                seen.value = (Task.isCancelled, nil)
            } catch {
                seen.value = (Task.isCancelled, error as? FlightError)
                throw error
            }
        }

        /// Waits for the end of the task, and checks how it was told.
        func expectCancelled(_ error: FlightError) async throws {
            await ended.wait()
            let seen = try #require(seen.value)
            switch activity {
            case .waiting: #expect(seen.isCancelled && seen.error == nil)
            case .reading: #expect(seen.error == error)
            case .writing: #expect(seen.error == error || seen.error?.code == .failedPrecondition)
            }
        }
    }

    private static let overdue = FlightError(.deadlineExceeded, "the deadline of the call has passed")
    private static let gone = FlightError(.cancelled, "the client went away")

    // MARK: Deadlines

    @Test(
        "A call whose deadline passes ends with its deadline, and its task is cancelled", arguments: Activity.allCases)
    func deadline(_ activity: Activity) async throws {
        let endless = Endless(activity)
        try await withServer(endless.service) { server, _ in
            let call = try await RawClient.connect(to: server).open(.doExchange, [("grpc-timeout", "20m")])
            try await endless.expectCancelled(Self.overdue)
            // What was sent before it arrives before it.
            await #expect(throws: Self.overdue) { while try await call.receive() != nil {} }
        }
    }

    @Test("The same where the request has ended already", arguments: [Activity.waiting, .writing])
    func deadlineOfGet(_ activity: Activity) async throws {
        let endless = Endless(activity)
        try await withServer(endless.service) { server, _ in
            // Long enough for the request to arrive, for the service begins with it.
            let call = try await RawClient.connect(to: server).open(.doGet, [("grpc-timeout", "1S")])
            try await call.send([ByteBuffer(bytes: framed([]))])
            call.finish()
            try await endless.expectCancelled(Self.overdue)
            await #expect(throws: Self.overdue) { while try await call.receive() != nil {} }
        }
    }

    @Test(
        "A service is told the deadline, and one that has passed already ends the call",
        arguments: ["0n", "1n", "99999999H"])
    func deadlines(_ timeout: String) async throws {
        let isOverdue = timeout != "99999999H"
        let deadline = Box<NIODeadline?>(nil)
        var service = TestService()
        service.info = { _, context in
            deadline.value = context.deadline
            if isOverdue { await Event().wait() }
            return FlightInfo()
        }
        let before = NIODeadline.now()
        try await withServer(service) { server, _ in
            let call = try await RawClient.connect(to: server).open(.getFlightInfo, [("grpc-timeout", timeout)])
            if isOverdue {
                await #expect(throws: Self.overdue) { try await call.answer(to: framed([])) }
            } else {
                #expect(try await call.answer(to: framed([])).count == 1)
            }
        }
        if !isOverdue { #expect(try #require(deadline.value) - before > .hours(1_000_000)) }
    }

    // MARK: Clients that go away

    @Test("A client that drops its reader cancels the server's task", arguments: Activity.allCases)
    func dropped(_ activity: Activity) async throws {
        let endless = Endless(activity)
        try await withServer(endless.service) { _, client in
            do {
                let exchange = try await client.doExchange()
                #expect(try await exchange.incoming.next()?.metadata == ByteBuffer(string: "first"))
            }
            try await endless.expectCancelled(Self.gone)
            #expect(try await client.getFlightInfo(.path("a")).flightDescriptor == .path("a"))
        }
    }

    @Test("A client's task that is cancelled while it reads cancels the server's", arguments: Activity.allCases)
    func cancelled(_ activity: Activity) async throws {
        let endless = Endless(activity)
        try await withServer(endless.service) { _, client in
            let exchange = try await client.doExchange()
            let started = Event()
            let reading = Task {
                _ = try await exchange.incoming.next()
                started.happen()
                while try await exchange.incoming.next() != nil {}
            }
            await started.wait()
            reading.cancel()
            await #expect(throws: FlightError(.cancelled, "the call was cancelled")) { try await reading.value }
            try await endless.expectCancelled(Self.gone)
        }
    }

    @Test("A client whose connection ends cancels the tasks of all its calls", arguments: Activity.allCases)
    func disconnected(_ activity: Activity) async throws {
        let endless = Endless(activity)
        try await withServer(endless.service) { server, _ in
            let client = try await RawClient.connect(to: server)
            let call = try await client.open(.doExchange)
            #expect(try await call.receive() != nil)
            try await client.disconnect()
            try await endless.expectCancelled(Self.gone)
            let problem = await #expect(throws: FlightError.self) { while try await call.receive() != nil {} }
            #expect(problem?.code == .unavailable)
        }
    }

    @Test("A service that cancels its own writing is not held up by a client that does not read")
    func cancelledWriter() async throws {
        let written = Counter()
        let ended = Event()
        var service = TestService()
        service.get = { _, data in
            defer { ended.happen() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    while true {
                        try await data.write(FlightData(body: ByteBuffer(repeating: 0, count: 100_000)))
                        written.add(1)
                    }
                }
                await written.wait(for: 10)
                group.cancelAll()
                try await group.waitForAll()
            }
        }
        try await withServer(service) { _, client in
            let reader = try await client.doGet(Ticket("t"))
            await ended.wait()
            let problem = await #expect(throws: FlightError.self) { while try await reader.next() != nil {} }
            #expect(problem?.code == .cancelled)
        }
    }

    @Test("A service that answers early ends the call of a client that still writes")
    func earlyAnswer() async throws {
        var service = TestService()
        service.put = { data, results in
            _ = try await data.next()
            throw FlightError(.permissionDenied, "not this")
        }
        try await withServer(service) { _, client in
            let upload = try await client.doPut()
            let denied = FlightError(.permissionDenied, "not this")
            await #expect(throws: denied) {
                while true { try await upload.write(FlightData(body: ByteBuffer(repeating: 0, count: 100_000))) }
            }
            await #expect(throws: denied) { try await upload.incoming.next() }
        }
    }
}
