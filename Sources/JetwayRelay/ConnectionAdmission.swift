internal import NIOCore
internal import Synchronization

/// Counts client connections, in all and for each address. Asked once for each connection, not for calls.
package final class ConnectionAdmission: Sendable {
    private struct Counts {
        var all = 0
        var byAddress: [String: Int] = [:]
    }

    private let limit: Int
    private let perAddress: Int
    private let counts = Mutex(Counts())

    package init(limit: Int, perAddress: Int) {
        self.limit = limit
        self.perAddress = perAddress
    }

    /// False: one connection too many.
    func enter(_ address: SocketAddress?) -> Bool {
        let key = address?.ipAddress
        return counts.withLock { counts in
            guard counts.all < limit else { return false }
            if let key {
                let current = counts.byAddress[key, default: 0]
                guard current < perAddress else { return false }
                counts.byAddress[key] = current + 1
            }
            counts.all += 1
            return true
        }
    }

    func leave(_ address: SocketAddress?) {
        let key = address?.ipAddress
        counts.withLock { counts in
            counts.all -= 1
            guard let key, let current = counts.byAddress[key] else { return }
            counts.byAddress[key] = current > 1 ? current - 1 : nil
        }
    }
}
