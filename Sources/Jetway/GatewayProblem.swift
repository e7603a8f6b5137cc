/// Something that keeps a gateway from starting or going on, in one line for its operator.
package struct GatewayProblem: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
