package import NIOCore

/// A set of networks that is asked whether it has an address.
///
/// One look into a hash table for each different prefix length, however many networks there are.
package struct NetworkList: Sendable, Hashable {
    /// Which of several texts is no network, and why.
    package struct Problem: Error, Equatable, Sendable {
        package let index: Int
        package let problem: IPNetwork.Problem

        package init(index: Int, problem: IPNetwork.Problem) {
            self.index = index
            self.problem = problem
        }
    }

    private var networks: Set<IPNetwork> = []
    /// Of all networks, each length once.
    private var prefixesV4: [Int] = []
    private var prefixesV6: [Int] = []

    package init(_ networks: some Sequence<IPNetwork>) {
        for network in networks { insert(network) }
    }

    package init(parsing texts: some Sequence<String>) throws(Problem) {
        for (index, text) in texts.enumerated() {
            do throws(IPNetwork.Problem) {
                insert(try IPNetwork(parsing: text))
            } catch {
                throw Problem(index: index, problem: error)
            }
        }
    }

    package var isEmpty: Bool { networks.isEmpty }

    /// Whether one of the networks has the address. What is not of IP is in none.
    package func contains(_ address: SocketAddress) -> Bool {
        address.ipBytes.map(contains) ?? false
    }

    /// Whether one of the networks has the address of 4 or 16 bytes in network order.
    package func contains(_ bytes: some Collection<UInt8>) -> Bool {
        IPBits(bytes).map(contains) ?? false
    }

    private func contains(_ address: IPBits) -> Bool {
        let prefixes =
            switch address {
            case .v4: prefixesV4
            case .v6: prefixesV6
            }
        return prefixes.contains { networks.contains(IPNetwork(of: address, prefix: $0)) }
    }

    private mutating func insert(_ network: IPNetwork) {
        guard networks.insert(network).inserted else { return }
        switch network.address {
        case .v4 where !prefixesV4.contains(network.prefix): prefixesV4.append(network.prefix)
        case .v6 where !prefixesV6.contains(network.prefix): prefixesV6.append(network.prefix)
        default: break
        }
    }
}

extension NetworkList: ExpressibleByArrayLiteral {
    package init(arrayLiteral elements: IPNetwork...) { self.init(elements) }
}
