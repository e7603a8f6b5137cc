import JetwayCore
import NIOCore
import NIOEmbedded
import NIOHPACK
import TestSupport
import Testing

@testable import JetwayHTTP2
@testable import JetwayRelay

/// The relay between a client and a server whose bytes, reads and stalls come in any order.
@Suite("Relay in a random world")
struct RelayWorldTests {
    /// A gRPC message of `length` bytes, prefix included.
    private func message(_ length: Int, _ random: inout SeededGenerator) -> [UInt8] {
        let body = max(0, length - 5)
        var bytes: [UInt8] = [
            0, UInt8(body >> 24 & 255), UInt8(body >> 16 & 255), UInt8(body >> 8 & 255), UInt8(body & 255),
        ]
        for _ in 0..<body { bytes.append(UInt8(truncatingIfNeeded: random.next())) }
        return bytes
    }

    @Test("Bytes come out as they went in, credit is kept, and every call ends once", arguments: 0..<60)
    func invariants(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let world = try World()
        var reset: Set<ObjectIdentifier> = []
        for _ in 0..<600 {
            switch random.below(12) {
            case 0: _ = world.clientParties.count < 40 ? world.call() : nil
            case 1...2: sendRequest(in: world, &random)
            case 3...4: sendResponse(in: world, &random)
            case 5:
                if random.chance(10), let party = world.clientParties.randomElement(using: &random), party.ends == 0 {
                    party.stream?.reset(.cancel)
                    reset.insert(ObjectIdentifier(party))
                }
            case 6: releaseSome(in: world, &random)
            case 7: world.wires[random.below(4)].from.valve.isOpen = random.chance(50)
            case 8: try world.wires[random.below(4)].from.openValve()
            default:
                try world.move(world.wires[random.below(4)], limit: 1 + random.below(random.chance(50) ? 20 : 200_000))
            }
            check(world)
        }
        try settle(world, &random)
        for party in world.clientParties where !reset.contains(ObjectIdentifier(party)) {
            #expect(party.ends == 1)
            #expect(party.status == "0")
        }
        #expect(world.faults.isEmpty)
        #expect(world.front.connection.openStreams == 0)
        #expect(world.back.connection.openStreams == 0)
        #expect(world.front.connection.retainedBytes == 0)
        #expect(world.back.connection.retainedBytes == 0)
        #expect(world.budget.used == 0)
        for (id, party) in world.serverParties {
            let caller = try #require(world.clientParties.first { $0.number == party.number })
            #expect(caller.received == Array(party.sent.prefix(caller.received.count)), "stream \(id)")
            #expect(party.received == Array(caller.sent.prefix(party.received.count)), "stream \(id)")
            if caller.status == "0" { #expect(caller.received == party.sent) }
        }
        world.finish()
    }

    private func sendRequest(in world: World, _ random: inout SeededGenerator) {
        guard let party = world.clientParties.randomElement(using: &random), let stream = party.stream,
            !stream.isClosed,
            !party.hasSentEnd
        else { return }
        let bytes = message(5 + random.below(random.chance(20) ? 300_000 : 2000), &random)
        party.sent += bytes
        party.hasSentEnd = random.chance(15)
        stream.send(data: ByteBuffer(bytes: bytes), endStream: party.hasSentEnd)
    }

    private func sendResponse(in world: World, _ random: inout SeededGenerator) {
        guard
            let party = world.servers.randomElement(
                using: &random),
            let stream = party.stream, !stream.isClosed, !party.hasSentEnd
        else { return }
        if !stream.hasSentHead { stream.send(head: World.responseHead, endStream: false) }
        let bytes = message(5 + random.below(random.chance(20) ? 300_000 : 2000), &random)
        party.sent += bytes
        stream.send(data: ByteBuffer(bytes: bytes), endStream: false)
        if random.chance(15) { end(party) }
    }

    private func end(_ party: Party) {
        guard let stream = party.stream, !stream.isClosed, !party.hasSentEnd else { return }
        if !stream.hasSentHead { stream.send(head: World.responseHead, endStream: false) }
        party.hasSentEnd = true
        stream.send(trailers: World.trailers("0"))
    }

    private func releaseSome(in world: World, _ random: inout SeededGenerator) {
        for party in world.clientParties + world.serverParties.values where random.chance(50) { release(party) }
    }

    private func release(_ party: Party) {
        guard party.unreleased > 0 else { return }
        party.stream?.release(party.unreleased)
        party.unreleased = 0
    }

    /// Nobody holds more than was granted, and nothing is counted twice.
    private func check(_ world: World) {
        for end in [world.front, world.back].compactMap({ $0 }) {
            var retained = 0
            end.connection.forEachStream { stream in
                #expect(stream.receiveWindow.available >= 0)
                #expect(stream.queuedBytes <= end.connection.limits.streamWindowMaximum)
                retained += stream.queue.retained
            }
            #expect(end.connection.retainedBytes == retained)
        }
    }

    /// Everything is read, answered and ended.
    private func settle(_ world: World, _ random: inout SeededGenerator) throws {
        for _ in 0..<200 {
            try world.moveEverything()
            for party in world.clientParties + world.serverParties.values { release(party) }
            for party in world.serverParties.values { end(party) }
            for party in world.clientParties
            where !party.hasSentEnd && party.stream?.isClosed == false && random.chance(50) {
                party.hasSentEnd = true
                party.stream?.send(data: ByteBuffer(), endStream: true)
            }
            try world.moveEverything()
            if world.clientParties.allSatisfy({ $0.ends > 0 || $0.stream?.isClosed == true }) { break }
        }
        try world.moveEverything()
    }

    @Test("A reader that stops costs one window, and its stream only")
    func stalledReader() throws {
        var random = SeededGenerator(seed: 1)
        let world = try World()
        let stalled = try #require(world.call())
        let reading = try #require(world.call())
        try world.moveEverything()
        let servers = world.servers
        for party in servers {
            party.stream?.send(head: World.responseHead, endStream: false)
            for _ in 0..<20 {
                let bytes = message(256 * 1024, &random)
                party.sent += bytes
                party.stream?.send(data: ByteBuffer(bytes: bytes), endStream: false)
            }
            end(party)
        }
        for _ in 0..<200 where reading.ends == 0 {
            try world.moveEverything()
            release(reading)
        }
        #expect(reading.status == "0")
        #expect(reading.received == servers[1].sent)
        #expect(stalled.ends == 0)
        // What the client has not taken, and one window in the gateway's queue.
        #expect(stalled.received.count <= HTTP2Limits.upstream.streamWindow)
        world.loop.advanceTime(to: .now() + .milliseconds(200))
        #expect(world.front.connection.retainedBytes <= 2 * HTTP2Limits.upstream.streamWindow)
        for _ in 0..<200 where stalled.ends == 0 {
            release(stalled)
            try world.moveEverything()
        }
        #expect(stalled.received == servers[0].sent)
        #expect(stalled.status == "0")
        world.finish()
    }

    @Test(
        "A call whose deadline passes while it waits for a connection ends with its deadline, and the next one is served"
    )
    func overdueWhileWaiting() throws {
        var limits = RelayLimits()
        limits.upstream.maxConcurrentStreams = 1
        limits.upstreamConnections = 1
        let world = try World(limits: limits)
        let first = try #require(world.call())
        let overdue = try #require(world.call([("grpc-timeout", "1n")]))
        let next = try #require(world.call())
        try world.moveEverything()
        #expect(world.servers.count == 1)
        world.servers.forEach(end)
        try world.moveEverything()
        #expect(first.status == "0")
        #expect(overdue.status == "4")
        #expect(world.servers.count == 2)
        world.servers.forEach(end)
        try world.moveEverything()
        #expect(next.status == "0")
        world.finish()
    }

    @Test("A cancelled call resets its upstream stream in the same turn")
    func cancel() throws {
        let world = try World()
        let party = try #require(world.call())
        try world.moveEverything()
        party.stream?.reset(.cancel)
        try world.moveEverything()
        let server = try #require(world.serverParties.values.first)
        #expect(server.closure == .reset(.cancel))
        #expect(world.back.connection.openStreams == 0)
        world.finish()
    }

    @Test("A connection to the upstream that is lost never looks like the end of a stream")
    func lostUpstream() throws {
        var random = SeededGenerator(seed: 2)
        let world = try World()
        let between = try #require(world.call())
        let inside = try #require(world.call())
        let before = try #require(world.call())
        try world.moveEverything()
        let servers = world.servers
        for party in servers.prefix(2) { party.stream?.send(head: World.responseHead, endStream: false) }
        servers[0].stream?.send(data: ByteBuffer(bytes: message(1000, &random)), endStream: false)
        servers[1].stream?.send(data: ByteBuffer(bytes: message(1000, &random).prefix(999)), endStream: false)
        try world.moveEverything()
        world.back.channel.close(promise: nil)
        try world.moveEverything()
        #expect(between.status == "14")
        #expect(between.received.count == 1000)
        #expect(inside.closure == .reset(.internalError))
        #expect(before.status == "14")
        #expect([between, inside, before].allSatisfy { $0.ends == 1 })
        world.finish()
    }
}
