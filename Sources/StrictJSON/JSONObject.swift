/// An object while its members are asked for by name.
package final class JSONObject {
    package let cursor: JSONCursor
    private let members: [JSONValue.Member]
    private var known: [String] = []
    private var anyName = false

    init(_ members: [JSONValue.Member], at cursor: JSONCursor) {
        self.members = members
        self.cursor = cursor
    }

    package var pointer: JSONPointer { cursor.pointer }
    package var problems: JSONProblems { cursor.problems }

    /// Whether the member is there, whatever it is; it does not become known by that.
    package func contains(_ name: String) -> Bool {
        members.contains { $0.name == name }
    }

    /// A member that may be left out.
    package func optional(_ name: String) -> JSONCursor? {
        known.append(name)
        guard let member = members.first(where: { $0.name == name }) else { return nil }
        return JSONCursor(member.value, at: pointer.appending(name), problems: problems)
    }

    /// A member that has to be there.
    package func required(_ name: String, hint: String? = nil) -> JSONCursor? {
        let member = optional(name)
        if member == nil { cursor.report("needs \"\(name)\"", hint: hint) }
        return member
    }

    package func optional<T>(_ name: String, _ body: (JSONCursor) -> T?) -> T? {
        optional(name).flatMap(body)
    }

    package func required<T>(_ name: String, hint: String? = nil, _ body: (JSONCursor) -> T?) -> T? {
        required(name, hint: hint).flatMap(body)
    }

    /// Takes every name from now on: what decides which names there are could not be read.
    package func takeAnyName() {
        anyName = true
    }

    /// Called once everything was asked for.
    func reportUnknown() {
        for member in members where !anyName && !known.contains(member.name) {
            let near = NearMiss.closest(to: member.name, among: known)
            problems.add(
                pointer.appending(member.name), "unknown key",
                hint: near.map { "did you mean \"\($0)\"?" } ?? "known here: \(known.joined(separator: ", "))")
        }
    }
}
