package import JetwayCore
internal import StrictJSON

/// A network as a configuration writes it: `10.0.0.0/8`, or one address.
package struct AddressRange: Sendable, Hashable, CustomStringConvertible {
    package let description: String
    package let network: IPNetwork

    init(parsing text: String) throws(JSONMismatch) {
        do {
            self.network = try IPNetwork(parsing: text)
        } catch {
            throw JSONMismatch(error.description, hint: "write a network as 10.0.0.0/8 or fd00::/8, or one address")
        }
        self.description = text
    }
}
