import JetwayCore
import Testing

@testable import JetwayAuth

/// A throttle that expectations may change.
private final class Throttle {
    private var throttle: LoginThrottle

    init(_ throttle: LoginThrottle) {
        self.throttle = throttle
    }

    var count: Int { throttle.count }

    func admit(user: String, network: String, now: UnixTime) -> Bool {
        throttle.admit(user: user, network: network, now: now)
    }

    func takeBack(user: String, network: String) {
        throttle.takeBack(user: user, network: network)
    }
}

@Suite struct LoginThrottleTests {
    private let start = UnixTime(seconds: 1_800_000_000)

    private func throttle(perUser: Int = 3, perAddress: Int = 5, capacity: Int = 100) -> Throttle {
        Throttle(LoginThrottle(perUser: perUser, perAddress: perAddress, capacity: capacity))
    }

    @Test("So many failures of a user from an address are let through, then none until they are a minute old")
    func perUser() {
        let throttle = throttle()
        for _ in 0..<3 { #expect(throttle.admit(user: "a", network: "n", now: start)) }
        for seconds in [0, 30, 59, 60] as [Int64] {
            #expect(!throttle.admit(user: "a", network: "n", now: start + seconds))
        }
        #expect(throttle.admit(user: "b", network: "n", now: start))
        #expect(throttle.admit(user: "a", network: "m", now: start))
        #expect(throttle.admit(user: "a", network: "n", now: start + 61))
        #expect(!throttle.admit(user: "a", network: "n", now: start + 61))
        for _ in 0..<3 { #expect(throttle.admit(user: "a", network: "n", now: start + 200)) }
        #expect(!throttle.admit(user: "a", network: "n", now: start + 200))
    }

    @Test("An address is throttled whatever the names it tries, and refused attempts do not count")
    func perAddress() {
        let throttle = throttle()
        for user in 0..<5 { #expect(throttle.admit(user: "\(user)", network: "n", now: start)) }
        for user in 5..<100 { #expect(!throttle.admit(user: "\(user)", network: "n", now: start)) }
        #expect(throttle.admit(user: "0", network: "m", now: start))
        #expect(throttle.admit(user: "x", network: "n", now: start + 80))
    }

    @Test("In no minute do more get through than twice the limit, and in the long run no more than the limit")
    func rate() {
        let throttle = throttle(perUser: 10)
        var admitted = [Int](repeating: 0, count: 600)
        for second in admitted.indices {
            for _ in 0..<20 where throttle.admit(user: "a", network: "\(second)", now: start + Int64(second)) {
                admitted[second] += 1
            }
        }
        // Each second has an address of its own, so each is let through: the limit is for the pair.
        #expect(admitted.allSatisfy { $0 == 5 })
        let one = self.throttle(perUser: 10, perAddress: 1000)
        let times = (0..<600).filter { one.admit(user: "a", network: "n", now: start + Int64($0)) }
        for end in times { #expect(times.filter { $0 > end - 60 && $0 <= end }.count <= 20) }
        #expect((100...120).contains(times.count))
    }

    @Test("A right password takes its attempt back")
    func takingBack() {
        let throttle = throttle()
        for _ in 0..<20 {
            #expect(throttle.admit(user: "a", network: "n", now: start))
            throttle.takeBack(user: "a", network: "n")
        }
        throttle.takeBack(user: "a", network: "n")
        for _ in 0..<3 { #expect(throttle.admit(user: "a", network: "n", now: start)) }
        #expect(!throttle.admit(user: "a", network: "n", now: start))
    }

    @Test("A clock that is set back or far ahead throttles as before, and does not trap")
    func clocks() {
        let throttle = throttle()
        for _ in 0..<3 { #expect(throttle.admit(user: "a", network: "n", now: start)) }
        #expect(!throttle.admit(user: "a", network: "n", now: start + -1000))
        #expect(!throttle.admit(user: "a", network: "n", now: UnixTime(seconds: .min)))
        #expect(throttle.admit(user: "a", network: "n", now: UnixTime(seconds: .max)))
        #expect(throttle.admit(user: "b", network: "m", now: UnixTime(seconds: .min)))
    }

    @Test("Memory stays bounded, and names that are tried do not push out the address that tries them")
    func memory() {
        let throttle = throttle(perAddress: 1_000_000)
        for user in 0..<10_000 { _ = throttle.admit(user: "\(user)", network: "n", now: start) }
        #expect(throttle.count <= 101)
        let addresses = self.throttle()
        for address in 0..<10_000 { _ = addresses.admit(user: "a", network: "\(address)", now: start) }
        #expect(addresses.count <= 200)
    }

    @Test(
        "Addresses of one network of IPv6 are one",
        arguments: [
            ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true), ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
            ("::ffff:10.0.0.1", "10.0.0.1", true), ("10.0.0.1", "10.0.0.2", false), ("::1", "127.0.0.1", false),
            ("fe80::1%eth0", "fe80::1%eth1", false),
        ])
    func networks(left: String, right: String, areOne: Bool) {
        #expect((LoginThrottle.network(of: left) == LoginThrottle.network(of: right)) == areOne)
    }
}
