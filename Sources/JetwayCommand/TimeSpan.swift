import ArgumentParser

/// A length of time on the command line: `90s`, `5m`, `12h` or `30d`.
struct TimeSpan: ExpressibleByArgument {
    let seconds: Int64

    init(seconds: Int64) {
        self.seconds = seconds
    }

    init?(argument: String) {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let last = argument.last, let unit = units[last], let count = Int64(argument.dropLast()), count > 0
        else { return nil }
        // A thousand years: what is longer is a slip, and would overflow somewhere.
        guard count <= 365_000 * 86_400 / unit else { return nil }
        seconds = count * unit
    }

    var defaultValueDescription: String {
        seconds % 3600 == 0 ? "\(seconds / 3600)h" : "\(seconds)s"
    }
}
