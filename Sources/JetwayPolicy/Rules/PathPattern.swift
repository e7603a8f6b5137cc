internal import StrictJSON

/// The path of a descriptor in a rule: elements joined by `/`, of which `*` stands for any one and `**` for any number,
/// also none.
package struct PathPattern: Sendable, Hashable {
    package enum Element: Sendable, Hashable {
        case exactly([UInt8])
        case anyOne
        case anyNumber
    }

    /// Elements that a path may have; a longer one cannot be read.
    package static let maximumElements = 256

    package let elements: [Element]

    init(parsing text: String) throws(JSONMismatch) {
        var elements: [Element] = []
        for part in text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            switch Array(part) {
            case Array("*".utf8): elements.append(.anyOne)
            // Twice in a row says nothing more.
            case Array("**".utf8): if elements.last != .anyNumber { elements.append(.anyNumber) }
            case let bytes where bytes.contains(UInt8(ascii: "*")):
                throw JSONMismatch("has \"*\" inside an element", hint: "* stands for one element, ** for any number")
            case let bytes where !PathReading.isClear(bytes):
                throw JSONMismatch(
                    "has an element that is empty, . or ..", hint: "no path with such a one is ever allowed")
            case let bytes: elements.append(.exactly(bytes))
            }
        }
        guard elements.count <= Self.maximumElements else {
            throw JSONMismatch("has more than \(Self.maximumElements) elements")
        }
        self.elements = elements
    }

    package var text: String {
        elements.map { element in
            switch element {
            case .exactly(let bytes): String(decoding: bytes, as: UTF8.self)
            case .anyOne: "*"
            case .anyNumber: "**"
            }
        }.joined(separator: "/")
    }
}

/// How rules read the path of a descriptor.
enum PathReading {
    /// Gives each element, also those that a slash separates inside one. False if servers could read the path in
    /// several ways: elements that are empty, `.` or `..`, NUL, too many of them, or none.
    static func forEachElement(of path: [String], _ body: (UnsafeRawBufferPointer) -> Void) -> Bool {
        var count = 0
        for text in path {
            let isWhole = text.withBytes { bytes in
                var start = 0
                for end in 0...bytes.count where end == bytes.count || bytes[end] == UInt8(ascii: "/") {
                    let element = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
                    count += 1
                    guard isClear(element), count <= PathPattern.maximumElements else { return false }
                    body(element)
                    start = end + 1
                }
                return true
            }
            guard isWhole else { return false }
        }
        return count > 0
    }

    static func isClear(_ element: some Collection<UInt8>) -> Bool {
        let dot = UInt8(ascii: ".")
        guard let first = element.first, !element.contains(0) else { return false }
        return first != dot || !(element.count == 1 || element.count == 2 && element.dropFirst().first == dot)
    }
}
