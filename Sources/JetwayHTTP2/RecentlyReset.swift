/// The streams that we reset last: frames that were under way to them are no fault of the peer (RFC 9113 section 5.1).
package struct RecentlyReset: Sendable {
    private let capacity: Int
    private var ring: [StreamID] = []
    private var oldest = 0
    private var members: Set<StreamID> = []

    /// - Parameter capacity: how many are remembered; 0 remembers none.
    package init(capacity: Int) {
        self.capacity = max(0, capacity)
    }

    /// Remembers a stream, and forgets the one that has been remembered longest if there are too many.
    package mutating func insert(_ id: StreamID) {
        guard self.capacity > 0, self.members.insert(id).inserted else { return }
        guard self.ring.count == self.capacity else {
            self.ring.append(id)
            return
        }
        self.members.remove(self.ring[self.oldest])
        self.ring[self.oldest] = id
        self.oldest = (self.oldest + 1) % self.capacity
    }

    package func contains(_ id: StreamID) -> Bool {
        self.members.contains(id)
    }
}
