internal import CJansson
internal import Foundation
package import JetwayCore

/// Reads JSON strictly: RFC 8259 in UTF-8, no name twice in an object, no NUL, bounded in size and depth.
package enum JSONDocument {
    /// Bytes that a text may have.
    package static let maximumSize = 4 * 1024 * 1024
    /// Lists and objects inside one another.
    package static let maximumDepth = 64

    /// Reads a file. What is wrong with it is told under its name as given.
    package static func load(file: String) throws(ConfigurationProblem) -> JSONValue {
        try read(try contents(of: file), file: file)
    }

    /// Reads a text.
    ///
    /// - Parameter file: what to call it in a problem.
    package static func read(_ text: String, file: String) throws(ConfigurationProblem) -> JSONValue {
        try read(Array(text.utf8), file: file)
    }

    package static func read(_ bytes: [UInt8], file: String) throws(ConfigurationProblem) -> JSONValue {
        guard bytes.count <= maximumSize else { throw tooLarge(file) }
        var error = json_error_t()
        let root = bytes.withUnsafeBytes {
            json_loadb($0.baseAddress, $0.count, Int(JSON_REJECT_DUPLICATES), &error)
        }
        guard let root else { throw problem(error, file: file) }
        defer { json_decref(root) }
        return try value(root, at: .root, depth: 0, file: file)
    }

    private static func contents(of file: String) throws(ConfigurationProblem) -> [UInt8] {
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
            // One more than is allowed: the size that a file says it has may be another.
            return Array(try handle.read(upToCount: maximumSize + 1) ?? Data())
        } catch {
            throw ConfigurationProblem(file: file, "cannot be read: \(reason(error))")
        }
    }

    /// Why a file could not be read, in the system's words.
    package static func reason(_ error: any Error) -> String {
        let code = ((error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError)?.code
        return code.map { String(cString: strerror(Int32($0))) } ?? error.localizedDescription
    }

    private static func tooLarge(_ file: String) -> ConfigurationProblem {
        ConfigurationProblem(file: file, "is larger than \(maximumSize / 1024 / 1024) MiB")
    }

    /// Of the parser's message only what it expected is told: what is near may be a secret.
    private static func problem(_ error: json_error_t, file: String) -> ConfigurationProblem {
        var error = error
        let code = json_error_code(&error)
        let text = withUnsafeBytes(of: error.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        // The name of a member is none.
        let told = code == json_error_duplicate_key ? text : text.components(separatedBy: " near '")[0]
        return ConfigurationProblem(
            file: file, line: max(1, Int(error.line)), column: max(1, Int(error.column)), "is not valid JSON: \(told)")
    }

    private static func value(_ json: UnsafeMutablePointer<json_t>, at pointer: JSONPointer, depth: Int, file: String)
        throws(ConfigurationProblem) -> JSONValue
    {
        guard depth <= maximumDepth else {
            throw ConfigurationProblem(
                file: file, pointer: pointer.description, "is nested deeper than \(maximumDepth) levels")
        }
        switch json.pointee.type {
        case JSON_OBJECT: return try object(json, at: pointer, depth: depth, file: file)
        case JSON_ARRAY:
            var elements: [JSONValue] = []
            for index in 0..<json_array_size(json) {
                guard let element = json_array_get(json, index) else { continue }
                elements.append(try value(element, at: pointer.appending(Int(index)), depth: depth + 1, file: file))
            }
            return .array(elements)
        case JSON_STRING: return .string(string(json_string_value(json), count: json_string_length(json)))
        case JSON_INTEGER: return .integer(Int(json_integer_value(json)))
        case JSON_REAL: return .real(json_real_value(json))
        case JSON_TRUE: return .boolean(true)
        case JSON_FALSE: return .boolean(false)
        default: return .null
        }
    }

    private static func object(_ json: UnsafeMutablePointer<json_t>, at pointer: JSONPointer, depth: Int, file: String)
        throws(ConfigurationProblem) -> JSONValue
    {
        var members: [JSONValue.Member] = []
        var iterator = json_object_iter(json)
        while let current = iterator {
            let name = string(json_object_iter_key(current), count: json_object_iter_key_len(current))
            if let member = json_object_iter_value(current) {
                let place = pointer.appending(name)
                members.append(
                    JSONValue.Member(name, try value(member, at: place, depth: depth + 1, file: file)))
            }
            iterator = json_object_iter_next(json, current)
        }
        return .object(members)
    }

    private static func string(_ start: UnsafePointer<CChar>?, count: Int) -> String {
        String(decoding: UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count), as: UTF8.self)
    }
}
