internal import JetwayCore
internal import StrictJSON

/// The members of a JSON object, to look up by name.
struct JSONMembers: Sendable {
    let list: [JSONValue.Member]

    init?(_ value: JSONValue) {
        guard case .object(let members) = value else { return nil }
        list = members
    }

    /// Reads a text that must be an object.
    ///
    /// - Parameter name: what to call it in a problem.
    init(_ text: [UInt8], of name: String) throws(JWTProblem) {
        let value: JSONValue
        do {
            value = try JSONDocument.read(text, file: name)
        } catch {
            throw JWTProblem(error.description)
        }
        guard let members = JSONMembers(value) else { throw JWTProblem("\(name) is not a JSON object") }
        self = members
    }

    subscript(name: String) -> JSONValue? {
        list.first { $0.name.isExactly(name) }?.value
    }

    /// A member that is a string; nil for any other.
    func string(_ name: String) -> String? {
        guard case .string(let text) = self[name] else { return nil }
        return text
    }

    /// A member by its very name, or by a path of names with dots between.
    func find(_ path: String) -> JSONValue? {
        if let value = self[path] { return value }
        for member in list {
            guard path.utf8.starts(with: member.name.utf8), let inner = JSONMembers(member.value) else { continue }
            let rest = path.utf8.dropFirst(member.name.utf8.count)
            guard rest.first == UInt8(ascii: "."), let name = String(rest.dropFirst()) else { continue }
            if let value = inner.find(name) { return value }
        }
        return nil
    }
}

extension String {
    /// Equality of bytes: `==` also takes texts for equal that Unicode calls equivalent, and issuers do not.
    func isExactly(_ other: String) -> Bool {
        utf8.elementsEqual(other.utf8)
    }

    /// Whether there is a control character in it (Unicode category Cc), NUL and line ends among them.
    var hasControlCharacter: Bool {
        unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
    }
}
