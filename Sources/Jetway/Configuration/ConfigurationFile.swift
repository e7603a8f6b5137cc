internal import Foundation
package import JetwayCore
package import StrictJSON

/// A file that the configuration names.
package struct FileReference: Sendable, Hashable {
    /// Absolute.
    package let path: String
    /// Where it is named.
    package let pointer: JSONPointer
}

/// A secret that stands somewhere else: the configuration is no place for it.
package enum Secret: Sendable, Hashable {
    case file(FileReference)
    /// A variable of the environment.
    case variable(String, pointer: JSONPointer)

    /// Looks the secret up. Of a file, a line's end at its end does not count.
    ///
    /// - Parameter configuration: the file that names the secret, for the problem.
    package func resolve(
        configuration: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(ConfigurationProblem) -> String {
        switch self {
        case .file(let reference):
            guard let data = FileManager.default.contents(atPath: reference.path),
                let text = String(data: data, encoding: .utf8)
            else {
                throw ConfigurationProblem(
                    file: configuration, pointer: reference.pointer.description, "\(reference.path) cannot be read")
            }
            return try Self.checked(
                text.hasSuffix("\r\n") || text.hasSuffix("\n") ? String(text.dropLast()) : text,
                at: reference.pointer, of: configuration)
        case .variable(let name, let pointer):
            guard let text = environment[name] else {
                throw ConfigurationProblem(
                    file: configuration, pointer: pointer.description, "the variable \(name) is not set")
            }
            return try Self.checked(text, at: pointer, of: configuration)
        }
    }

    /// No credentials have control characters (RFC 6750 section 2.1, RFC 7617 section 2); in a header they would be its end.
    private static func checked(_ text: String, at pointer: JSONPointer, of file: String) throws(ConfigurationProblem)
        -> String
    {
        guard !text.isEmpty else {
            throw ConfigurationProblem(file: file, pointer: pointer.description, "the secret is empty")
        }
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }), text.utf8.count <= 65_536 else {
            throw ConfigurationProblem(
                file: file, pointer: pointer.description, "the secret has control characters, or more than 64 KiB")
        }
        return text
    }

    static func read(_ cursor: JSONCursor, folder: ConfigurationFolder) -> Secret? {
        let hint = "write {\"file\": PATH} or \"env:NAME\""
        guard case .string(let text) = cursor.value else {
            return cursor.object { object in object.required("file") { $0.file(in: folder) }.map(Secret.file) }
        }
        guard text.hasPrefix("env:") else {
            cursor.report("a secret must not stand in the configuration", hint: hint)
            return nil
        }
        let name = text.dropFirst("env:".count)
        guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first),
            name.utf8.allSatisfy(ConfigurationText.isWordByte)
        else {
            cursor.report("needs the name of a variable behind env:", hint: hint)
            return nil
        }
        return .variable(String(name), pointer: cursor.pointer)
    }

    var json: JSONValue {
        switch self {
        case .file(let reference): .object([.init("file", .string(reference.path))])
        case .variable(let name, _): .string("env:" + name)
        }
    }
}

/// The folder of the configuration file, to which relative paths are relative.
struct ConfigurationFolder: Sendable {
    private let path: String

    init(of file: String) {
        let file = file.hasPrefix("/") ? file : FileManager.default.currentDirectoryPath + "/" + file
        self.path = file.lastIndex(of: "/").map { String(file[...$0]) } ?? "/"
    }

    func resolve(_ path: String) -> String {
        path.hasPrefix("/") ? path : self.path + path
    }
}

extension JSONCursor {
    func file(in folder: ConfigurationFolder) -> FileReference? {
        name().map { FileReference(path: folder.resolve($0), pointer: pointer) }
    }
}

extension FileReference {
    var json: JSONValue { .string(path) }
}
