import ArgumentParser
import Foundation

/// The `jetway` command. Exit codes: 0 done, 1 the answer is no, 2 wrong use, 70 internal.
struct JetwayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jetway",
        abstract: "The Arrow Flight gateway.",
        discussion: "Put it in front of an Arrow Flight server: clients dial it instead of the server.",
        version: "0.1.0",
        subcommands: [
            Demo.self, Serve.self, Check.self, Flights.self, Password.self, Keys.self, Token.self,
        ])
}

@main
enum Main {
    static func main() async {
        let command: any ParsableCommand
        do {
            command = try JetwayCommand.parseAsRoot()
        } catch {
            leave(with: error)
        }
        do {
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                var command = command
                try command.run()
            }
        } catch let failure as CommandFailure {
            Console.error(failure.message)
            Foundation.exit(failure.exitCode)
        } catch {
            leave(with: error)
        }
    }

    /// Help and version go to standard output and are no failure; everything else that the parser says is wrong use.
    private static func leave(with error: any Error) -> Never {
        let text = JetwayCommand.fullMessage(for: error)
        if JetwayCommand.exitCode(for: error) == .success {
            print(text)
            Foundation.exit(0)
        }
        Console.error(text)
        Foundation.exit(2)
    }
}

/// A command's failure in one line, with its exit code.
struct CommandFailure: Error {
    let message: String
    let exitCode: Int32

    /// What was asked for could not be done.
    static func no(_ message: String) -> CommandFailure { CommandFailure(message: "jetway: \(message)", exitCode: 1) }
    /// The command's words are off.
    static func wrongUse(_ message: String) -> CommandFailure {
        CommandFailure(message: "jetway: \(message)", exitCode: 2)
    }
}

/// Lines to the two standard streams: data to output, messages to error.
enum Console {
    // Who reads them may have gone (`jetway … | head`): then there is nobody to tell.

    static func output(_ line: String) {
        try? FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
    }

    static func error(_ line: String) {
        try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
    }
}
