import ArgumentParser
import Foundation
import Jetway
import JetwayCore

/// `jetway check`: says what is wrong with a configuration, all at once.
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a configuration file.",
        discussion: """
            Every problem is a line on standard error: the file, where in it (JSON pointer), what is wrong, what to do. The \
            files that the configuration names are opened too; nothing is listened on and nobody is connected to. Exit \
            code 0: the gateway would start with it, warnings or not. Exit code 1: it would not.

            Example: jetway check --config jetway.json
            """)

    @Option(help: ArgumentHelp("The configuration file.", valueName: "file"))
    var config: String

    @Flag(help: "Print all settings, defaults as well, as JSON. Secrets stay where they are.")
    var effective = false

    @Flag(help: "Print the problems as a JSON list to standard output instead.")
    var json = false

    func validate() throws {
        if effective, json { throw ValidationError("--effective and --json exclude each other") }
    }

    func run() async throws {
        let (configuration, found) = GatewayConfiguration.examine(file: config, limits: ProcessLimits.relayLimits())
        var problems = found
        if let configuration {
            problems += GatewayConfiguration.unsupported(in: configuration)
            problems += await configuration.loadProblems()
        }
        if json {
            Console.output(ConfigurationProblem.json(problems))
        } else {
            for problem in problems { Console.error("\(problem)") }
        }
        // What was read only in part has no settings that hold.
        if effective, let configuration, found.isEmpty { Console.output(configuration.effective) }
        guard problems.allSatisfy(\.isWarning) else { Foundation.exit(1) }
        if !json, !effective { Console.output("ok") }
    }
}
