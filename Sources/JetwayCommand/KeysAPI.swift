import ArgumentParser
import Foundation
import JetwayAuth
import JetwayCore

extension Keys {
    /// `jetway keys api`
    struct API: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "api",
            abstract: "Make an API key and add its hash to a file.",
            discussion: """
                The key itself is printed, and is nowhere else.

                Example: jetway keys api api-keys.json --id loader --subject nightly-loader --group loaders --expires 90d
                """)

        @Argument(help: "The file of API keys; it is made if it is not there.")
        var file: String

        @Option(help: "The key's name within the file and in logs.")
        var id: String

        @Option(help: "Who the key is, without a method: rules know it as apiKey:SUBJECT.")
        var subject: String

        @Option(help: "A group of the subject; may be given again.")
        var group: [String] = []

        @Option(help: "The subject's tenant.")
        var tenant: String?

        @Option(help: ArgumentHelp("When it ends: 90d from now, or 2026-12-31T23:59:59Z.", valueName: "time"))
        var expires: String?

        func run() throws {
            let end = try expires.map(time)
            let keys = try Secrets.failing { () -> APIKeys in
                let isThere = FileManager.default.fileExists(atPath: file)
                return isThere ? try APIKeys.load(file: file) : APIKeys()
            }
            guard !keys.entries.contains(where: { $0.id == id }) else {
                throw CommandFailure.no("\(file) has a key with the id \(id) already")
            }
            guard
                let made = keys.adding(id: id, subject: subject, groups: group, tenant: tenant, expires: end),
                !group.contains(""), tenant != ""
            else {
                throw CommandFailure.wrongUse(
                    "an id is 1 to 64 of A-Z, a-z, 0-9, _ and -; subject, groups and tenant must not be empty")
            }
            try Secrets.failing { try SecretFile.replace(file, Array(made.keys.fileText.utf8)) }
            Console.output(made.text)
        }

        private func time(_ text: String) throws -> UnixTime {
            if let span = TimeSpan(argument: text) { return .now() + span.seconds }
            guard let time = UnixTime(rfc3339: text) else {
                throw CommandFailure.wrongUse("--expires \(text): expected a time as 90d or 2026-12-31T23:59:59Z")
            }
            return time
        }
    }
}
