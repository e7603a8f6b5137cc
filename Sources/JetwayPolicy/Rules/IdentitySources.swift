package import JetwayCore
internal import StrictJSON

/// The sources of identities that a gateway has: what tells a bare name's owner.
package struct IdentitySources: Sendable, Hashable {
    package struct Source: Sendable, Hashable {
        package var method: Principal.Method
        /// The source among several of one method.
        package var name: String?

        package init(_ method: Principal.Method, name: String? = nil) {
            self.method = method
            self.name = name
        }
    }

    package var list: [Source]

    package init(_ list: [Source]) {
        self.list = list
    }

    /// A subject in its qualified form; a bare name belongs to the only source that there is.
    func subject(_ text: String) throws(JSONMismatch) -> TextPattern {
        guard !text.isEmpty else { throw JSONMismatch("must not be empty") }
        if Principal.Method.allCases.contains(where: { text.utf8.starts(with: "\($0.rawValue):".utf8) }) {
            return TextPattern(parsing: text)
        }
        guard list.count == 1, let source = list.first else {
            let methods = list.isEmpty ? "basic" : list.map(\.method.rawValue).joined(separator: " or ")
            throw JSONMismatch(
                "does not say whose name it is", hint: "write METHOD:NAME; here METHOD is \(methods)")
        }
        return TextPattern(parsing: Principal.qualify(text, method: source.method, source: source.name))
    }
}
