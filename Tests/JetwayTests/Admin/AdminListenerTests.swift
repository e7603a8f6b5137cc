import Flight
import Metrics
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Jetway

@Suite struct AdminListenerTests {
    /// What a listener is asked about.
    private final class Answers: Sendable {
        let isReady = Atomic<Bool>(true)
        let keySet = Mutex<String?>(nil)
    }

    private let registry = MetricsRegistry()
    private let answers = Answers()

    private func start(host: String = "127.0.0.1", port: Int = 0) async throws -> AdminListener {
        let answers = answers
        return try await AdminListener.start(
            host: host, port: port, registry: registry,
            readiness: { answers.isReady.load(ordering: .relaxed) }, keySet: { answers.keySet.withLock { $0 } })
    }

    /// Sends a request as it is, and reads until the end of the connection.
    private func ask(_ listener: AdminListener, _ request: String) async throws -> String {
        let port = try #require(listener.address.split(separator: ":").last.flatMap { Int($0) })
        let channel = try await ClientBootstrap(group: NIOSingletons.posixEventLoopGroup)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: request))
            var answer = ByteBuffer()
            for try await part in inbound { answer.writeImmutableBuffer(part) }
            return String(buffer: answer)
        }
    }

    private func get(_ listener: AdminListener, _ path: String, host: String = "localhost") async throws -> String {
        try await ask(listener, "GET \(path) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
    }

    @Test("It says that it lives, and whether calls are taken")
    func health() async throws {
        let listener = try await start()
        #expect(try await get(listener, "/healthz").hasPrefix("HTTP/1.1 200 "))
        #expect(try await get(listener, "/readyz").hasPrefix("HTTP/1.1 200 "))
        answers.isReady.store(false, ordering: .relaxed)
        #expect(try await get(listener, "/readyz").hasPrefix("HTTP/1.1 503 "))
        #expect(try await get(listener, "/healthz").hasPrefix("HTTP/1.1 200 "))
        await listener.stop()
    }

    @Test("It shows the metrics of this moment in Prometheus' format")
    func metrics() async throws {
        let listener = try await start()
        Counter(label: "jetway_test_total", factory: registry).increment(by: 41)
        let answer = try await get(listener, "/metrics").lowercased()
        #expect(answer.contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"))
        #expect(answer.contains("cache-control: no-store\r\n"))
        #expect(answer.hasSuffix("\r\n\r\n# type jetway_test_total counter\njetway_test_total 41\n"))
        await listener.stop()
    }

    @Test("It shows the public keys of signed identities if there are any")
    func keys() async throws {
        let listener = try await start()
        #expect(try await get(listener, "/.well-known/jwks.json").hasPrefix("HTTP/1.1 404 "))
        answers.keySet.withLock { $0 = "{\"keys\":[]}" }
        let answer = try await get(listener, "/.well-known/jwks.json")
        #expect(answer.hasPrefix("HTTP/1.1 200 "))
        #expect(answer.lowercased().contains("content-type: application/jwk-set+json\r\n"))
        #expect(answer.hasSuffix("\r\n\r\n{\"keys\":[]}"))
        await listener.stop()
    }

    @Test(
        "Everything else is not there",
        arguments: ["GET /", "GET /metrics/x", "GET /../etc/passwd", "POST /metrics", "DELETE /healthz", "PUT /readyz"])
    func nothingElse(request: String) async throws {
        let listener = try await start()
        let answer = try await ask(listener, "\(request) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 404 "))
        await listener.stop()
    }

    @Test("A page of another host gets nothing out of it", arguments: ["evil.example.com", "evil.example.com:80", ""])
    func otherHost(host: String) async throws {
        let listener = try await start()
        for path in ["/metrics", "/healthz", "/nowhere"] {
            #expect(try await get(listener, path, host: host).hasPrefix("HTTP/1.1 421 "))
        }
        await listener.stop()
    }

    @Test("Bytes that are no HTTP do not end it")
    func junk() async throws {
        let listener = try await start()
        _ = try? await ask(listener, "\u{16}\u{3}\u{1} junk\r\n\r\n")
        _ = try? await ask(listener, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        #expect(try await get(listener, "/healthz").hasPrefix("HTTP/1.1 200 "))
        await listener.stop()
    }

    @Test("An address that is in use is a problem that names it")
    func inUse() async throws {
        let listener = try await start()
        let port = try #require(listener.address.split(separator: ":").last.flatMap { Int($0) })
        await #expect(throws: FlightProblem("admin listener 127.0.0.1:\(port): the address is in use")) {
            try await start(port: port)
        }
        await listener.stop()
    }

    @Test("It ends at once, also with a connection open, and gives its address back")
    func stop() async throws {
        let listener = try await start()
        let port = try #require(listener.address.split(separator: ":").last.flatMap { Int($0) })
        let channel = try await ClientBootstrap(group: NIOSingletons.posixEventLoopGroup)
            .connect(host: "127.0.0.1", port: port).get()
        await listener.stop()
        try await channel.closeFuture.get()
        let again = try await start(port: port)
        #expect(again.address == listener.address)
        await again.stop()
    }

    @Test("It ends in order while connections still come", arguments: 1...20)
    func stopUnderLoad(round: Int) async throws {
        let listener = try await start()
        let port = try #require(listener.address.split(separator: ":").last.flatMap { Int($0) })
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    let bootstrap = ClientBootstrap(group: NIOSingletons.posixEventLoopGroup)
                    guard let channel = try? await bootstrap.connect(host: "127.0.0.1", port: port).get() else {
                        return
                    }
                    try? await channel.writeAndFlush(ByteBuffer(string: "GET /healthz HTTP/1.1\r\n"))
                    try? await channel.closeFuture.get()
                }
            }
            group.addTask { await listener.stop() }
        }
    }
}
