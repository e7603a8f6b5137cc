import ArgumentParser
import Foundation
import JetwayAuth
import JetwayCore

/// `jetway password`: hashes a password for an htpasswd file.
struct Password: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Hash a password for the file of a basic method.",
        discussion: """
            The password is read from the terminal, twice and unseen, or as one line of standard input. Prints USER:HASH, or \
            the hash alone without a user. With --file the user's line in that file is replaced or added in one step; a \
            new file can be read by its owner alone.

            Example: jetway password alice --file users.htpasswd
            """)

    /// The schemes that are recommended today; more are verified.
    enum Scheme: String, ExpressibleByArgument, CaseIterable {
        case argon2id, bcrypt, yescrypt, sha512

        var scheme: PasswordHash.Scheme {
            switch self {
            case .argon2id: .argon2id
            case .bcrypt: .bcrypt
            case .yescrypt: .yescrypt
            case .sha512: .sha512
            }
        }
    }

    @Argument(help: "The user's name.")
    var user: String?

    @Option(help: "How the password is hashed. A file that Apache or nginx reads as well needs bcrypt.")
    var scheme = Scheme.argon2id

    @Option(help: ArgumentHelp("Set the password in this file.", valueName: "file"))
    var file: String?

    func run() throws {
        if let user, let problem = PasswordFile.problem(inUser: user) {
            throw CommandFailure.wrongUse("the user \(problem.replacing("has a ", with: "must not have a "))")
        }
        guard file == nil || user != nil else { throw CommandFailure.wrongUse("--file needs a user") }
        let hash: PasswordHash
        do {
            hash = try PasswordHash.make(try Terminal.newPassword(), scheme: scheme.scheme)
        } catch let problem as PasswordHashProblem {
            throw CommandFailure.no(problem.text)
        }
        if let file, let user {
            try set(user, to: hash, in: file)
        } else {
            Console.output(user.map { "\($0):\(hash.text)" } ?? hash.text)
        }
    }

    private func set(_ user: String, to hash: PasswordHash, in file: String) throws {
        try Secrets.failing {
            let isThere = FileManager.default.fileExists(atPath: file)
            let old = isThere ? try SecretFile.load(file, isSecret: false) : []
            let new = PasswordFile.setting(user, to: hash, in: old)
            // What else is wrong with the file is told, and is no reason not to set this one.
            do throws(ConfigurationProblems) {
                _ = try PasswordFile.read(new, file: file)
            } catch {
                for problem in error.list { Console.error("jetway: \(problem)") }
            }
            try SecretFile.replace(file, new)
        }
    }
}

/// What commands about secrets share.
enum Secrets {
    /// Tells problems with files in the program's own words.
    static func failing<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let problem as ConfigurationProblem {
            throw CommandFailure.no("\(problem)")
        } catch let problems as ConfigurationProblems {
            throw CommandFailure.no(problems.list.map { "\($0)" }.joined(separator: "\njetway: "))
        }
    }

    /// A value as JSON for programs, with its members in order.
    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
