internal import FlightProtocol

/// A flight's name in a folder: the components of its descriptor's path. As text they are joined by `/`.
///
/// A name can become a path below the folder and no other: no component is empty, begins with a dot, or holds a slash or a
/// control character.
package struct FlightName: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// What file systems take for a component, in bytes, with room for a suffix.
    private static let longestComponent = 200
    private static let mostComponents = 16

    package let components: [String]

    package var description: String { components.joined(separator: "/") }

    package init(_ components: [String]) throws(FlightError) {
        guard !components.isEmpty else { throw FlightError(.invalidArgument, "a flight's path must not be empty") }
        guard components.count <= Self.mostComponents else {
            throw FlightError(.invalidArgument, "a flight's path has at most \(Self.mostComponents) components")
        }
        for component in components {
            guard Self.isGood(component) else {
                throw FlightError(
                    .invalidArgument,
                    "a component of a flight's path has 1 to \(Self.longestComponent) bytes, begins with no dot and has "
                        + "no slash or control character")
            }
        }
        self.components = components
    }

    /// A name as text, such as `sales/2024`.
    package init(text: some StringProtocol) throws(FlightError) {
        let parts = text.split(separator: "/" as Character, omittingEmptySubsequences: false)
        try self.init(parts.map { String($0) })
    }

    /// The name that a ticket or a command says as text.
    package init(bytes: some Collection<UInt8>) throws(FlightError) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw FlightError(.invalidArgument, "a flight's name is UTF-8 text")
        }
        try self.init(text: text)
    }

    private static func isGood(_ component: String) -> Bool {
        let bytes = component.utf8
        return (1...longestComponent).contains(bytes.count) && bytes.first != UInt8(ascii: ".")
            && component.unicodeScalars.allSatisfy { $0 != "/" && $0.properties.generalCategory != .control }
    }

    package static func < (left: FlightName, right: FlightName) -> Bool {
        left.components.lexicographicallyPrecedes(right.components)
    }
}
