import Dispatch
import JetwayCore
import Synchronization
import Testing

@testable import JetwayAuth

/// Computations that tests count, and hold up until they say so. Right is what ends in the hash's scheme.
private final class Computation: Sendable {
    private let counts = Mutex((started: 0, running: 0, most: 0))
    private let gate = DispatchSemaphore(value: 0)
    private let isHeld: Bool

    init(held: Bool = false) {
        isHeld = held
    }

    var started: Int { counts.withLock { $0.started } }
    var most: Int { counts.withLock { $0.most } }

    func matches(_ hash: PasswordHash, _ password: String) -> Bool {
        counts.withLock {
            $0.started += 1
            $0.running += 1
            $0.most = max($0.most, $0.running)
        }
        if isHeld { gate.wait() }
        counts.withLock { $0.running -= 1 }
        return password == "right-\(hash.scheme.rawValue)"
    }

    func release(_ count: Int) {
        for _ in 0..<count { gate.signal() }
    }
}

@Suite struct PasswordVerifierTests {
    private static let bcrypt = "$2y$05$CjoTxcTDJLvcvg48aOgYM.krGUbMjFoBvYQ1vs9LsSdq0Hg.Z1Hj2"
    private static let sha = "$5$saltsalt$myjXcpMpE2Ofk7fj9hqyNYSn6lmWG4Mqnjx.KIRRr4/"
    private let now = UnixTime(seconds: 1_800_000_000)

    private func file(_ users: [String] = ["alice"], hash: String = Self.bcrypt) throws -> PasswordFile {
        try PasswordFile.read(Array(users.map { "\($0):\(hash)\n" }.joined().utf8), file: "users")
    }

    private func verifier(
        _ computation: Computation, _ change: (inout PasswordVerifier.Settings) -> Void = { _ in }
    ) -> PasswordVerifier {
        var settings = PasswordVerifier.Settings()
        change(&settings)
        return PasswordVerifier(settings, computation: computation.matches)
    }

    @Test("Real hashes: the right password is valid, a wrong one and an unknown user are not")
    func real() async throws {
        let verifier = PasswordVerifier()
        let file = try file(hash: PasswordHashTests.foreign[11])
        func verify(_ user: String, _ password: String) async -> PasswordVerdict {
            await verifier.verify(user: user, password: password, address: nil, in: file, now: now)
        }
        #expect(await verify("alice", "correct horse") == .valid)
        #expect(await verify("alice", "correct hors") == .wrong(reason: "wrong password"))
        #expect(await verify("bob", "correct horse") == .wrong(reason: "unknown user"))
        let empty = try PasswordFile.read([], file: "x")
        #expect(
            await verifier.verify(user: "bob", password: "x", address: nil, in: empty, now: now)
                == .wrong(reason: "unknown user"))
    }

    @Test("A right password is computed once in five minutes, a wrong one each time")
    func remembered() async throws {
        let computation = Computation()
        let verifier = verifier(computation)
        let file = try file()
        for seconds in [0, 1, 299] as [Int64] {
            let verdict = await verifier.verify(
                user: "alice", password: "right-bcrypt", address: "a\(seconds)", in: file, now: now + seconds)
            #expect(verdict == .valid)
        }
        #expect(computation.started == 1)
        #expect(verifier.verdictAtOnce(user: "alice", password: "right-bcrypt", in: file, now: now + 299) == .valid)
        #expect(verifier.verdictAtOnce(user: "alice", password: "right-bcrypt", in: file, now: now + 300) == nil)
        #expect(verifier.verdictAtOnce(user: "alice", password: "wrong", in: file, now: now) == nil)
        for _ in 0..<2 {
            _ = await verifier.verify(user: "alice", password: "wrong", address: "a", in: file, now: now)
        }
        #expect(computation.started == 3)
    }

    @Test("A user who is removed, or has another password, is a stranger at once")
    func changedFile() async throws {
        let computation = Computation()
        let verifier = verifier(computation)
        let verify = { (file: PasswordFile) in
            await verifier.verify(
                user: "alice", password: "right-bcrypt", address: nil, in: file, now: UnixTime(seconds: 5))
        }
        #expect(await verify(try file()) == .valid)
        #expect(await verify(try file(["alice", "bob"])) == .valid)
        #expect(computation.started == 1)
        #expect(await verify(try file(hash: Self.sha)) == .wrong(reason: "wrong password"))
        #expect(await verify(try file(["bob"])) == .wrong(reason: "unknown user"))
        #expect(await verify(try file()) == .valid)
        #expect(computation.started == 3)
    }

    @Test("An unknown user costs a computation like everybody's, and is never let in by the decoy's password")
    func decoys() async throws {
        let computation = Computation()
        let verifier = verifier(computation)
        let file = try file()
        for _ in 0..<2 {
            let verdict = await verifier.verify(
                user: "bob", password: "right-bcrypt", address: nil, in: file, now: now)
            #expect(verdict == .wrong(reason: "unknown user"))
        }
        #expect(computation.started == 2)
        #expect(verifier.load.remembered == 0)
    }

    @Test("Failed logins are throttled before anything is computed; right ones and remembered ones are not")
    func throttled() async throws {
        let computation = Computation()
        let verifier = verifier(computation)
        let file = try file(["alice", "carol"])
        func verify(_ user: String, _ password: String, _ address: String, after: Int64 = 0) async -> PasswordVerdict {
            await verifier.verify(user: user, password: password, address: address, in: file, now: now + after)
        }
        for _ in 0..<20 { #expect(await verify("carol", "right-bcrypt", "a") == .valid) }
        for guess in 0..<10 { #expect(await verify("alice", "\(guess)", "a") == .wrong(reason: "wrong password")) }
        let computed = computation.started
        for guess in 10..<30 { #expect(await verify("alice", "\(guess)", "a") == .throttled) }
        #expect(await verify("alice", "right-bcrypt", "a") == .throttled)
        #expect(computation.started == computed)
        #expect(await verify("alice", "right-bcrypt", "b") == .valid)
        // From now on it is remembered: the guesses of others at the same address do not lock her out.
        #expect(await verify("alice", "right-bcrypt", "a") == .valid)
        #expect(await verify("carol", "right-bcrypt", "a") == .valid)
        #expect(await verify("alice", "11", "a", after: 61) == .wrong(reason: "wrong password"))
    }

    @Test("Equal attempts at the same time share one computation")
    func shared() async throws {
        let computation = Computation(held: true)
        let verifier = verifier(computation)
        let file = try file()
        let now = now
        await withTaskGroup(of: PasswordVerdict.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    await verifier.verify(user: "alice", password: "right-bcrypt", address: "a", in: file, now: now)
                }
            }
            while verifier.load.callers < 100 { await Task.yield() }
            computation.release(1)
            for await verdict in group { #expect(verdict == .valid) }
        }
        #expect(computation.started == 1)
        #expect(verifier.load.callers == 0)
    }

    @Test("No more are computed at once than allowed, and no more wait; the rest is told to try again")
    func overload() async throws {
        let computation = Computation(held: true)
        let verifier = verifier(computation) { settings in
            settings.hashesAtOnce = 2
            settings.pending = 6
        }
        let file = try file()
        let now = now
        await withTaskGroup(of: PasswordVerdict.self) { group in
            for guess in 0..<8 {
                group.addTask {
                    await verifier.verify(
                        user: "alice", password: "\(guess)", address: "a\(guess)", in: file, now: now)
                }
            }
            while verifier.load.callers < 8 { await Task.yield() }
            let ninth = await verifier.verify(user: "alice", password: "9", address: "a9", in: file, now: now)
            #expect(ninth == .overloaded)
            computation.release(8)
            for await verdict in group { #expect(verdict == .wrong(reason: "wrong password")) }
        }
        #expect(computation.started == 8)
        #expect(computation.most <= 2)
    }

    @Test("Guesses beside each other are throttled like guesses after each other")
    func parallelGuesses() async throws {
        let computation = Computation(held: true)
        let verifier = verifier(computation)
        let file = try file()
        let now = now
        await withTaskGroup(of: PasswordVerdict.self) { group in
            for guess in 0..<40 {
                group.addTask {
                    await verifier.verify(user: "alice", password: "\(guess)", address: "a", in: file, now: now)
                }
            }
            var throttled = 0
            for _ in 0..<30 where await group.next() == .throttled { throttled += 1 }
            #expect(throttled == 30)
            computation.release(10)
            for await verdict in group { #expect(verdict == .wrong(reason: "wrong password")) }
        }
        #expect(computation.started == 10)
    }

    @Test("Names and passwords that cannot be any are refused without a computation or a count")
    func malformed() async throws {
        let computation = Computation()
        let verifier = verifier(computation)
        let file = try file()
        let long = String(repeating: "x", count: 1025)
        for (user, password) in [
            ("", "x"), ("a:b", "x"), ("a\nb", "x"), (long, "x"), ("alice", long), ("alice", "\u{0}"),
        ] {
            let verdict = await verifier.verify(user: user, password: password, address: "a", in: file, now: now)
            #expect(verdict == .wrong(reason: "a name or password that cannot be one"))
        }
        #expect(computation.started == 0)
        #expect(verifier.load.failures == 0)
    }

    @Test("What is remembered is bounded")
    func memory() async throws {
        let verifier = verifier(Computation()) { settings in
            settings.cacheEntries = 10
            settings.throttleEntries = 10
        }
        let users = (0..<50).map { "user\($0)" }
        let file = try file(users)
        for user in users {
            #expect(
                await verifier.verify(user: user, password: "right-bcrypt", address: user, in: file, now: now) == .valid
            )
        }
        #expect((1...10).contains(verifier.load.remembered))
        #expect((1...20).contains(verifier.load.failures))
    }
}
