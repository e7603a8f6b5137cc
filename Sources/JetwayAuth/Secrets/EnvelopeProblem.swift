/// Why an envelope was not sealed or not opened. For logs alone: who sent it is told nothing of it.
package enum EnvelopeProblem: Error, Sendable, Hashable {
    case tooLarge
    /// Too short for what it says that it holds.
    case cut
    case unknownVersion
    /// It is another kind of envelope.
    case otherPurpose
    /// No key of that name: never known, or dropped since.
    case unknownKey
    /// Sealed with another key, or changed since.
    case forged

    package var reason: String {
        switch self {
        case .tooLarge: "too large"
        case .cut: "cut short"
        case .unknownVersion: "of an unknown version"
        case .otherPurpose: "made for another purpose"
        case .unknownKey: "sealed with a key that is not known, or no longer"
        case .forged: "forged or damaged"
        }
    }
}
