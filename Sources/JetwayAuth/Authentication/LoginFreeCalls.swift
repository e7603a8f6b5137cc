internal import FlightProtocol
package import JetwayCore
internal import NIOCore

/// Calls that the configuration lets in before a login: drivers ask some things before they have logged in.
package struct LoginFreeCalls: Sendable {
    /// What a request's first message may have, in bytes.
    private static let messageLimit = 64 << 10

    /// RPCs that are free whatever they ask.
    private let rpcs: Set<FlightRPC>
    /// Flight SQL commands that are free, by their messages' names.
    private let commands: Set<String>

    /// - Parameter names: RPCs such as `ListActions`, or Flight SQL commands such as `GetSqlInfo`.
    package init(_ names: some Sequence<String>) {
        var rpcs: Set<FlightRPC> = []
        var commands: Set<String> = []
        for name in names {
            if let rpc = FlightRPC(rawValue: name) {
                rpcs.insert(rpc)
            } else {
                commands.insert("Command" + name)
            }
        }
        self.rpcs = rpcs
        self.commands = commands
    }

    /// Whether a call is one of them. Its first message is read only if that decides.
    package func include(_ call: Call) async throws(Rejection) -> Bool {
        guard let rpc = call.rpc else { return false }
        if rpcs.contains(rpc) { return true }
        guard !commands.isEmpty, rpc == .getFlightInfo || rpc == .getSchema || rpc == .doGet,
            let message = try await call.firstMessage(upTo: Self.messageLimit),
            case .present(let request)? = try? FlightRequest.read(rpc, firstMessage: message).sql
        else { return false }
        return commands.contains(request.message)
    }
}
