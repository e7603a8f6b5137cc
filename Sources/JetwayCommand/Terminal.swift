import Foundation

/// Secrets from whoever runs the command.
enum Terminal {
    private static let largest = 1 << 20

    static var isInput: Bool { isatty(STDIN_FILENO) == 1 }

    /// One line of standard input, all of it; of a terminal it is not shown.
    ///
    /// - Parameter prompt: asked for on a terminal, on standard error.
    static func secret(prompt: String) throws -> String {
        isInput ? try hiddenLine(prompt: prompt) : try lineOfInput()
    }

    /// A password that is to be set: asked for twice on a terminal.
    static func newPassword() throws -> String {
        let password = try secret(prompt: "Password: ")
        if isInput, try secret(prompt: "Again: ") != password {
            throw CommandFailure.no("the two passwords differ")
        }
        return password
    }

    private static func lineOfInput() throws -> String {
        guard let data = try FileHandle.standardInput.read(upToCount: largest + 1), data.count <= largest,
            var text = String(data: data, encoding: .utf8)
        else { throw CommandFailure.no("standard input is empty, is not UTF-8, or is longer than 1 MiB") }
        // Swift takes a line's end of either kind as one character.
        if text.last?.isNewline == true { text.removeLast() }
        guard !text.contains(where: \.isNewline) else {
            throw CommandFailure.no("standard input has more than one line")
        }
        return text
    }

    private static func hiddenLine(prompt: String) throws -> String {
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else { throw CommandFailure.no("the terminal cannot be read") }
        let before = settings
        // Without signals too: one that ended the process here would leave the terminal mute.
        settings.c_lflag &= ~tcflag_t(ECHO | ISIG)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
        defer {
            var before = before
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            try? FileHandle.standardError.write(contentsOf: Data("\n".utf8))
        }
        try? FileHandle.standardError.write(contentsOf: Data(prompt.utf8))
        guard let line = readLine() else { throw CommandFailure.no("nothing was entered") }
        guard !line.utf8.contains(where: { $0 < 0x20 }) else { throw CommandFailure.no("interrupted") }
        return line
    }
}
