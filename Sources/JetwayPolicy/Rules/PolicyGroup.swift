package import StrictJSON

/// A group of callers that policy files define.
package struct PolicyGroup: Sendable, Hashable {
    package enum Member: Sendable, Hashable {
        case subject(TextPattern)
        case claim(ClaimSource, TextPattern)
        /// All members of another group.
        case group(String)
    }

    package var name: String
    package var members: [Member]
    package var file: String
    package var pointer: JSONPointer

    static func read(_ cursor: JSONCursor, name: String, sources: IdentitySources) -> Self? {
        if name.isEmpty { cursor.report("needs a name") }
        var seen: Set<Member> = []
        // An empty list is taken, so that a group may be filled later; `lint` tells.
        let members = cursor.array { cursor in
            cursor.parse { text throws(JSONMismatch) in
                let member = try member(text, sources: sources)
                guard seen.insert(member).inserted else { throw JSONMismatch("is there twice") }
                return member
            }
        }
        return Self(name: name, members: members ?? [], file: cursor.problems.file, pointer: cursor.pointer)
    }

    private static func member(_ text: String, sources: IdentitySources) throws(JSONMismatch) -> Member {
        if text.utf8.starts(with: "group:".utf8) { return .group(String(text.dropFirst(6))) }
        guard text.utf8.starts(with: "claim:".utf8) else { return .subject(try sources.subject(text)) }
        let parts = text.dropFirst(6).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw JSONMismatch("is no claim", hint: "write claim:NAME=VALUE")
        }
        return .claim(ClaimSource(claim: String(parts[0])), TextPattern(parsing: String(parts[1])))
    }
}
