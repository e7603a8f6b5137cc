/// A value and its place. Each way to read it reports to the file's problems what is wrong and then gives nil, so that reading goes
/// on and finds the next problem.
package struct JSONCursor {
    package let value: JSONValue
    package let pointer: JSONPointer
    package let problems: JSONProblems

    package init(_ value: JSONValue, at pointer: JSONPointer = .root, problems: JSONProblems) {
        self.value = value
        self.pointer = pointer
        self.problems = problems
    }

    package func report(_ problem: String, hint: String? = nil) {
        problems.add(pointer, problem, hint: hint)
    }

    package func string() -> String? {
        guard case .string(let text) = value else { return mismatch("a string") }
        return text
    }

    /// A string that `body` understands; its mismatch becomes a problem.
    package func parse<T>(_ body: (String) throws(JSONMismatch) -> T) -> T? {
        guard let text = string() else { return nil }
        do {
            return try body(text)
        } catch {
            report(error.problem, hint: error.hint)
            return nil
        }
    }

    package func name() -> String? {
        parse { text throws(JSONMismatch) in
            guard !text.isEmpty else { throw JSONMismatch("must not be empty") }
            return text
        }
    }

    package func boolean() -> Bool? {
        guard case .boolean(let flag) = value else { return mismatch("true or false") }
        return flag
    }

    package func integer(in range: ClosedRange<Int>) -> Int? {
        guard case .integer(let number) = value else { return mismatch("a whole number") }
        guard range.contains(number) else {
            report("must be from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    /// One of an enumeration's raw values.
    package func choice<T: RawRepresentable & CaseIterable>(of type: T.Type = T.self) -> T? where T.RawValue == String {
        let known = T.allCases.map(\.rawValue)
        return parse { text throws(JSONMismatch) in
            guard let value = T(rawValue: text) else {
                throw JSONMismatch.unknown(text, known: known)
            }
            return value
        }
    }

    /// The elements that could be read.
    package func array<T>(_ body: (JSONCursor) -> T?) -> [T]? {
        guard case .array(let elements) = value else { return mismatch("a list") }
        return elements.enumerated().compactMap { index, element in
            body(JSONCursor(element, at: pointer.appending(index), problems: problems))
        }
    }

    /// The same of a list that must not be empty.
    package func filledArray<T>(_ body: (JSONCursor) -> T?) -> [T]? {
        if case .array([]) = value {
            report("must not be empty")
            return nil
        }
        return array(body)
    }

    /// The same of a list that must not be empty, and in which nothing is twice.
    package func distinct<T: Hashable>(_ body: (JSONCursor) -> T?) -> [T]? {
        var seen: Set<T> = []
        return filledArray { cursor in
            guard let element = body(cursor) else { return nil }
            guard seen.insert(element).inserted else {
                cursor.report("is there twice")
                return nil
            }
            return element
        }
    }

    /// An object with any names: the members that could be read, in order.
    package func members<T>(_ body: (String, JSONCursor) -> T?) -> [T]? {
        guard case .object(let members) = value else { return mismatch("an object") }
        return members.compactMap { member in
            body(
                member.name, JSONCursor(member.value, at: pointer.appending(member.name), problems: problems))
        }
    }

    /// An object with known names. Every name that `body` did not ask for is a problem.
    package func object<T>(_ body: (JSONObject) -> T?) -> T? {
        guard case .object(let members) = value else { return mismatch("an object") }
        let object = JSONObject(members, at: self)
        let result = body(object)
        object.reportUnknown()
        return result
    }

    private func mismatch<T>(_ wanted: String) -> T? {
        report("expected \(wanted), found \(value.typeName)")
        return nil
    }
}

extension JSONMismatch {
    /// A word that is none of those known.
    package static func unknown(_ text: String, known: [String]) -> JSONMismatch {
        let hint = NearMiss.closest(to: text, among: known).map { "did you mean \"\($0)\"?" }
        return JSONMismatch("must be one of \(known.map { "\"\($0)\"" }.joined(separator: ", "))", hint: hint)
    }
}
