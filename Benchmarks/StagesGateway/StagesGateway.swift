import Jetway

/// A gateway with three stages beside its own five, so that what a stage costs can be measured.
///
///     StagesGateway CONFIGURATION THREADS
@main
struct StagesGateway {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let threads = Int(arguments[2]) else {
            fatalError("usage: StagesGateway CONFIGURATION THREADS")
        }
        let gateway = Gateway(
            configuration: arguments[1], threads: threads,
            middleware: {
                PassThrough<Int>().placed(.before(.authentication))
                PassThrough<String>().placed(.after(.authentication))
                PassThrough<Bool>()
            })
        try await gateway.run()
    }
}

/// A stage that does nothing but hand the call on: what remains is the stage itself. Each `Place` makes a type of its own,
/// as the stages of a real pipeline are.
struct PassThrough<Place: Sendable>: Middleware {
    func handle(_ call: Call, next: some CallHandler) async throws(Rejection) -> Outcome {
        try await next.handle(call)
    }
}
