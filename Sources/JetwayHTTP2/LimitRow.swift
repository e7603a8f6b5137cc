package import NIOCore

/// One limit that can be set by text: its key, what it may be, and where it is kept.
package struct LimitRow<Root>: Sendable {
    package enum Place: Sendable {
        case count(any (WritableKeyPath<Root, Int> & Sendable), ClosedRange<Int>)
        case bytes(any (WritableKeyPath<Root, Int> & Sendable), ClosedRange<Int>)
        case time(any (WritableKeyPath<Root, TimeAmount> & Sendable))
        case optionalTime(any (WritableKeyPath<Root, TimeAmount?> & Sendable))
        case flag(any (WritableKeyPath<Root, Bool> & Sendable))
    }

    package let key: String
    private let place: Place

    package init(_ key: String, _ place: Place) {
        self.key = key
        self.place = place
    }

    /// What is taken, in words for a message.
    package var accepted: String {
        switch place {
        case .count(_, let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .bytes(_, let range):
            "a size from \(LimitText.bytes(range.lowerBound)) to \(LimitText.bytes(range.upperBound))"
                + ", in bytes or with KiB, MiB or GiB"
        case .time: "a time from 1ms to 8760h with the unit ns, us, ms, s, m or h"
        case .optionalTime: "a time from 1ms to 8760h with the unit ns, us, ms, s, m or h, or \"off\""
        case .flag: "on or off"
        }
    }

    /// Sets the limit. False: the text is none of what is taken, and nothing was changed.
    package func write(_ text: String, to root: inout Root) -> Bool {
        switch place {
        case .count(let path, let range):
            guard let value = LimitText.count(in: text), range.contains(value) else { return false }
            root[keyPath: path] = value
        case .bytes(let path, let range):
            guard let value = LimitText.bytes(in: text), range.contains(value) else { return false }
            root[keyPath: path] = value
        case .time(let path):
            guard let value = LimitText.time(in: text) else { return false }
            root[keyPath: path] = value
        case .optionalTime(let path):
            guard let value = LimitText.time(in: text) else {
                guard text == "off" else { return false }
                root[keyPath: path] = nil
                return true
            }
            root[keyPath: path] = value
        case .flag(let path):
            guard text == "on" || text == "off" else { return false }
            root[keyPath: path] = text == "on"
        }
        return true
    }

    /// The limit as text that ``write(_:to:)`` takes.
    package func text(in root: Root) -> String {
        switch place {
        case .count(let path, _): String(root[keyPath: path])
        case .bytes(let path, _): LimitText.bytes(root[keyPath: path])
        case .time(let path): LimitText.time(root[keyPath: path])
        case .optionalTime(let path): root[keyPath: path].map(LimitText.time) ?? "off"
        case .flag(let path): root[keyPath: path] ? "on" : "off"
        }
    }
}
