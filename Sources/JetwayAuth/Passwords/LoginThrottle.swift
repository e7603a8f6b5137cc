internal import JetwayCore

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Counts failed logins over the last minute, for each user from each address and for each address.
///
/// An attempt counts as failed as long as its hash is computed: else as many guesses as fit beside each other were free.
struct LoginThrottle: Sendable {
    private struct Account: Hashable, Sendable {
        let user: String
        let network: String
    }

    private let perUser: Int
    private let perAddress: Int
    private var accounts: TwoGenerations<Account, FailureCount>
    // Apart from the accounts, so that guessing many names does not push an address out.
    private var networks: TwoGenerations<String, FailureCount>

    init(perUser: Int, perAddress: Int, capacity: Int) {
        self.perUser = perUser
        self.perAddress = perAddress
        accounts = TwoGenerations(capacity: capacity)
        networks = TwoGenerations(capacity: capacity)
    }

    /// For tests: entries that are kept.
    var count: Int { accounts.count + networks.count }

    /// Counts an attempt, unless there were too many.
    mutating func admit(user: String, network: String, now: UnixTime) -> Bool {
        let account = Account(user: user, network: network)
        var ofAccount = accounts.value(of: account) ?? FailureCount()
        var ofNetwork = networks.value(of: network) ?? FailureCount()
        guard ofAccount.level(now: now) < perUser, ofNetwork.level(now: now) < perAddress else { return false }
        ofAccount.add()
        ofNetwork.add()
        accounts.set(ofAccount, for: account)
        networks.set(ofNetwork, for: network)
        return true
    }

    /// The attempt was none of guessing.
    mutating func takeBack(user: String, network: String) {
        let account = Account(user: user, network: network)
        if var count = accounts.value(of: account) {
            count.takeBack()
            accounts.set(count, for: account)
        }
        if var count = networks.value(of: network) {
            count.takeBack()
            networks.set(count, for: network)
        }
    }

    /// What of an address tells one client from another: of IPv6 the first 64 bits, because everybody has 2^64 of the rest.
    static func network(of address: String?) -> String {
        guard let address else { return "" }
        var bytes = [UInt8](repeating: 0, count: 16)
        guard address.utf8.contains(UInt8(ascii: ":")), inet_pton(AF_INET6, address, &bytes) == 1 else {
            return address
        }
        let isMapped = bytes.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255])
        if isMapped { return bytes[12...].map { "\($0)" }.joined(separator: ".") }
        return SecretBytes.hex(bytes[..<8])
    }
}

/// Events over a sliding minute in constant space: two neighbouring minutes are counted, and of the older one the share
/// that still lies within sixty seconds is taken.
private struct FailureCount: Sendable {
    private static let window: Int64 = 60
    private var start = UnixTime(seconds: 0)
    private var current = 0
    private var previous = 0

    /// How many there were; to be asked before each `add`.
    mutating func level(now: UnixTime) -> Int {
        // A wall clock may be set back: the count then stays as it is until it has caught up.
        let elapsed = max(0, now - start)
        if elapsed >= Self.window {
            previous = elapsed < 2 * Self.window ? current : 0
            current = 0
            start = now + -(previous == 0 ? 0 : elapsed - Self.window)
        }
        let into = max(0, min(Self.window, now - start))
        return current + previous * Int(Self.window - into) / Int(Self.window)
    }

    mutating func add() { current += 1 }

    mutating func takeBack() {
        if current > 0 { current -= 1 } else if previous > 0 { previous -= 1 }
    }
}
