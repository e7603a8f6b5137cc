/// Which patterns of paths a path matches: a trie over elements, walked with all places at once where a path may be in
/// it.
struct PathTrie: Sendable {
    private var words = ByteTable()
    /// By node and word.
    private var children: [UInt64: UInt32] = [:]
    private var nodes = [Node()]

    private static let none = UInt32.max

    private struct Node {
        /// Behind any one element.
        var anyOne = PathTrie.none
        /// Behind any number of elements.
        var anyNumber = PathTrie.none
        /// Whether the node is one behind any number: it stays where it is at any element.
        var isAnyNumber = false
        /// Of the pattern that ends here.
        var value = PathTrie.none
    }

    init(_ patterns: [(pattern: PathPattern, value: UInt32)] = []) {
        var known: [[UInt8]: UInt32] = [:]
        for (pattern, value) in patterns {
            var node = 0
            for element in pattern.elements {
                switch element {
                case .anyOne: node = child(of: node, \.anyOne)
                case .anyNumber:
                    node = child(of: node, \.anyNumber)
                    nodes[node].isAnyNumber = true
                case .exactly(let bytes):
                    let word = known[bytes] ?? UInt32(known.count)
                    known[bytes] = word
                    node = child(of: node, word)
                }
            }
            nodes[node].value = value
        }
        words = ByteTable(known.map { ($0.key, $0.value) })
    }

    private mutating func child(of node: Int, _ edge: WritableKeyPath<Node, UInt32>) -> Int {
        if nodes[node][keyPath: edge] == Self.none {
            nodes[node][keyPath: edge] = UInt32(nodes.count)
            nodes.append(Node())
        }
        return Int(nodes[node][keyPath: edge])
    }

    private mutating func child(of node: Int, _ word: UInt32) -> Int {
        let key = Self.key(UInt32(node), word)
        if let child = children[key] { return Int(child) }
        children[key] = UInt32(nodes.count)
        nodes.append(Node())
        return nodes.count - 1
    }

    private static func key(_ node: UInt32, _ word: UInt32) -> UInt64 { UInt64(node) << 32 | UInt64(word) }

    var isEmpty: Bool { nodes.count == 1 }

    /// Gives the value of each pattern that the path matches.
    ///
    /// - Returns: false if the path cannot be read.
    func forEachMatch(of path: [String], _ body: (UInt32) -> Void) -> Bool {
        var places: [UInt32] = []
        enter(0, &places)
        var next: [UInt32] = []
        let isClear = PathReading.forEachElement(of: path) { element in
            guard !places.isEmpty else { return }
            let word = words.value(of: element)
            next.removeAll(keepingCapacity: true)
            for place in places {
                let node = nodes[Int(place)]
                if node.isAnyNumber { enter(place, &next) }
                if node.anyOne != Self.none { enter(node.anyOne, &next) }
                if let word, let child = children[Self.key(place, word)] { enter(child, &next) }
            }
            swap(&places, &next)
        }
        guard isClear else { return false }
        for place in places where nodes[Int(place)].value != Self.none { body(nodes[Int(place)].value) }
        return true
    }

    /// Adds a node, and with it the one behind any number of elements, as that may be none. Only such a one is reached
    /// twice: from before, and from itself.
    private func enter(_ node: UInt32, _ places: inout [UInt32]) {
        if nodes[Int(node)].isAnyNumber, places.contains(node) { return }
        places.append(node)
        if nodes[Int(node)].anyNumber != Self.none { enter(nodes[Int(node)].anyNumber, &places) }
    }
}
