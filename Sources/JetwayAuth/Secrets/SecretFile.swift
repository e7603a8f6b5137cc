package import JetwayCore
internal import StrictJSON

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Files with secrets or with hashes of them.
package enum SecretFile {
    /// Bytes that such a file may have.
    package static let largest = 4 << 20

    /// Reads a file.
    ///
    /// - Parameter isSecret: nobody but its owner may read it then; of a file of root's also its group may, which is how
    ///   secrets are mounted for a service that runs as somebody else.
    package static func load(_ path: String, isSecret: Bool) throws(ConfigurationProblem) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(path) }
        defer { close(descriptor) }
        // Of the open file, not of its name: that may mean another one a moment later.
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw unreadable(path) }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw ConfigurationProblem(file: path, "is a folder") }
        if isSecret { try checkMode(status, of: path) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= largest {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw unreadable(path) }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
        throw ConfigurationProblem(file: path, "is larger than \(largest >> 20) MiB")
    }

    /// Reads a file and what is in it.
    ///
    /// - Parameter isSecret: see `load`.
    static func parsing<Content>(
        _ path: String, isSecret: Bool, _ parse: ([UInt8]) throws(ConfigurationProblems) -> Content
    ) throws(ConfigurationProblems) -> Content {
        let bytes: [UInt8]
        do {
            bytes = try load(path, isSecret: isSecret)
        } catch {
            throw ConfigurationProblems([error])
        }
        return try parse(bytes)
    }

    /// What stands in a file of JSON, which is one object.
    static func readObject<Content>(
        _ bytes: [UInt8], file: String, _ body: (JSONObject) -> Content?
    ) throws(ConfigurationProblems) -> Content {
        let value: JSONValue
        do {
            value = try JSONDocument.read(bytes, file: file)
        } catch {
            throw ConfigurationProblems([error])
        }
        let problems = JSONProblems(file: file)
        let content = JSONCursor(value, problems: problems).object(body)
        guard problems.list.isEmpty, let content else { throw ConfigurationProblems(problems.list) }
        return content
    }

    private static func checkMode(_ status: stat, of path: String) throws(ConfigurationProblem) {
        let allowed: mode_t = status.st_uid == 0 ? 0o740 : 0o700
        guard status.st_mode & 0o777 & ~allowed != 0 else { return }
        throw ConfigurationProblem(
            file: path, "holds secrets and can be read by others (mode \(String(status.st_mode & 0o777, radix: 8)))",
            hint: "chmod 600, or owner root and chmod 640")
    }

    private static func unreadable(_ path: String) -> ConfigurationProblem {
        ConfigurationProblem(file: path, "cannot be read: \(String(cString: strerror(errno)))")
    }

    // MARK: Writing

    /// Writes a file that was not there, readable by its owner alone.
    package static func create(_ path: String, _ bytes: [UInt8]) throws(ConfigurationProblem) {
        let temporary = try writeBeside(path, bytes)
        defer { unlink(temporary) }
        // Unlike a rename, a link never takes the place of a file.
        guard link(temporary, path) == 0 else {
            guard errno != EEXIST else {
                throw ConfigurationProblem(file: path, "is there already, and is not written over")
            }
            throw unwritable(path)
        }
    }

    /// Writes a file in one step: who reads it sees all of the old one or all of the new one. Owner and mode stay; a new
    /// file can be read by its owner alone.
    package static func replace(_ path: String, _ bytes: [UInt8]) throws(ConfigurationProblem) {
        var path = path
        // Through a symbolic link the file that it names is replaced, not the link.
        if let real = realpath(path, nil) {
            path = String(cString: real)
            free(real)
        }
        var status = stat()
        let old = stat(path, &status) == 0 ? status : nil
        let temporary = try writeBeside(path, bytes, like: old)
        guard rename(temporary, path) == 0 else {
            let problem = unwritable(path)
            unlink(temporary)
            throw problem
        }
    }

    /// The name of a finished temporary file in the folder of `path`.
    private static func writeBeside(
        _ path: String, _ bytes: [UInt8], like old: stat? = nil
    ) throws(ConfigurationProblem) -> String {
        // Made with mode 600.
        var name = Array("\(path).XXXXXX".utf8CString)
        let descriptor = mkstemp(&name)
        guard descriptor >= 0 else { throw unwritable(path) }
        defer { close(descriptor) }
        let temporary = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard writeAll(bytes, to: descriptor), keep(old, on: descriptor), fsync(descriptor) == 0 else {
            let problem = unwritable(path)
            unlink(temporary)
            throw problem
        }
        return temporary
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Gives the new file the old one's owner and mode. Where the owner cannot be kept, the file stays its writer's alone.
    private static func keep(_ old: stat?, on descriptor: Int32) -> Bool {
        guard let old, fchown(descriptor, old.st_uid, old.st_gid) == 0 else { return true }
        return fchmod(descriptor, old.st_mode & 0o777) == 0
    }

    private static func unwritable(_ path: String) -> ConfigurationProblem {
        ConfigurationProblem(file: path, "cannot be written: \(String(cString: strerror(errno)))")
    }
}
