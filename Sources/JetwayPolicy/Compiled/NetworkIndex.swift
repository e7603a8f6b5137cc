internal import JetwayCore
internal import NIOCore

/// Which networks have an address: one look-up for each different length of prefix.
struct NetworkIndex: Sendable {
    private var values: [IPNetwork: UInt32]
    private let prefixes: [Int]

    init(_ networks: [(network: IPNetwork, value: UInt32)] = []) {
        values = Dictionary(networks.map { ($0.network, $0.value) }, uniquingKeysWith: { first, _ in first })
        prefixes = Set(networks.map(\.network.prefix)).sorted()
    }

    func forEachMatch(of address: SocketAddress, _ body: (UInt32) -> Void) {
        guard !prefixes.isEmpty, let bytes = address.ipBytes else { return }
        for prefix in prefixes where prefix <= bytes.count * 8 {
            var masked = bytes
            for index in masked.indices {
                let bits = min(8, max(0, prefix - index * 8))
                masked[index] &= ~UInt8(truncatingIfNeeded: 0xFF >> bits)
            }
            // An IPv4 network has its own type; the same prefix length of IPv6 is another network.
            if let network = IPNetwork(first: masked, prefix: prefix), let value = values[network] { body(value) }
        }
    }
}
