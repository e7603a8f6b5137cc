import ArgumentParser
import JetwayAuth
import JetwayCore

/// `jetway keys`: files with keys of the gateway.
struct Keys: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make and rotate keys.",
        discussion: """
            A key ring seals the gateway's own tokens; every replica needs the same one. To rotate it \
            without a refused call on several replicas: rotate --prepare, hand the file to all of them, rotate, hand it out \
            again. Running gateways read the file again by themselves.
            """,
        subcommands: [New.self, Rotate.self, List.self, API.self, Identity.self])

    /// `jetway keys new`
    struct New: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a key ring with one new key.")

        @Argument(help: "The file, which must not exist yet.")
        var file: String

        func run() throws {
            let ring = KeyRing.make(now: .now())
            try Secrets.failing { try SecretFile.create(file, Array(ring.fileText.utf8)) }
            Console.error("\(file): key ring \(ring.fingerprint) with 1 key")
        }
    }

    /// `jetway keys rotate`
    struct Rotate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a new key sign; the old ones still open what they sealed.",
            discussion: "Example: jetway keys rotate keys.json --drop-older-than 30d")

        @Argument(help: "The key ring.")
        var file: String

        @Flag(help: "Add the next key for opening alone: it signs from the next rotation on.")
        var prepare = false

        @Option(
            help: ArgumentHelp(
                "Drop keys that were made before that, as 30d; the one that signed until now stays.", valueName: "time")
        )
        var dropOlderThan: TimeSpan?

        func validate() throws {
            if prepare, dropOlderThan != nil {
                throw ValidationError("--prepare and --drop-older-than exclude each other")
            }
        }

        func run() throws {
            let now = UnixTime.now()
            let old = try Secrets.failing { try KeyRing.load(file: file) }
            let new =
                prepare
                ? old.prepared(now: now)
                : old.rotated(now: now, droppingOlderThan: dropOlderThan.map { now + -$0.seconds })
            guard new.keys.count <= KeyRing.mostKeys else {
                throw CommandFailure.no("\(file) has \(old.keys.count) keys already: give --drop-older-than")
            }
            try Secrets.failing { try SecretFile.replace(file, Array(new.fileText.utf8)) }
            Console.error("\(file): key ring \(new.fingerprint) with \(new.keys.count) keys")
        }
    }

    /// `jetway keys list`
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show the keys of a ring, without their secrets.")

        private struct Line: Encodable {
            let id: String
            let use: String
            let created: String
        }

        @Argument(help: "The key ring.")
        var file: String

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let ring = try Secrets.failing { try KeyRing.load(file: file) }
            let lines = ring.keys.map { Line(id: $0.id, use: $0.use.rawValue, created: $0.created.rfc3339) }
            if json { return Console.output(try Secrets.json(lines)) }
            for line in lines {
                Console.output("\(line.id)\t\(line.use)\t\(line.created)")
            }
        }
    }

    /// `jetway keys identity`
    struct Identity: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the key that identity headers to upstreams are signed with (ES256, PEM).")

        @Argument(help: "The file, which must not exist yet.")
        var file: String

        func run() throws {
            try Secrets.failing { try SecretFile.create(file, Array(IdentityKey.makePEM().utf8)) }
        }
    }
}
