/// The key of a value that a middleware keeps with a call for later ones.
///
/// ```swift
/// enum Customer: CallValueKey { typealias Value = String }
/// call.values[Customer.self] = "acme"
/// ```
public protocol CallValueKey {
    associatedtype Value
}

/// Typed values of one call, by their keys.
public struct CallValues {
    private var entries: [(key: ObjectIdentifier, value: Any)] = []

    init() {}

    /// The value of a key; nil if there is none.
    public subscript<Key: CallValueKey>(key: Key.Type) -> Key.Value? {
        get { entries.first { $0.key == ObjectIdentifier(key) }?.value as? Key.Value }
        set {
            entries.removeAll { $0.key == ObjectIdentifier(key) }
            if let newValue { entries.append((ObjectIdentifier(key), newValue)) }
        }
    }
}
