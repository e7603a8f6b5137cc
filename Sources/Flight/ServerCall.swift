internal import FlightProtocol
internal import JetwayHTTP2
internal import Logging
internal import NIOCore
internal import NIOHPACK

/// One call at a server: its stream, its task and its deadline. Confined to the connection's event loop.
final class ServerCall {
    private let loop: ServerLoop
    private let stream: HTTP2Stream
    private let headers: ServerCallHeaders
    private let call: CallStream
    private var task: Task<Void, Never>?
    private var deadlineTimer: LoopTimer?

    init(loop: ServerLoop, stream: HTTP2Stream) {
        self.loop = loop
        self.stream = stream
        self.headers = ServerCallHeaders(responseHead: loop.responseHead)
        self.call = CallStream(headers: headers, messageLimit: loop.messageLimit)
    }

    func start(_ rpc: FlightRPC, head: HeaderList, timeout: TimeAmount?, peer: SocketAddress?, endStream: Bool) {
        stream.sink = call
        call.stream = stream
        if endStream { call.ended(.complete) }
        let deadline = timeout.map { NIODeadline.now() + $0 }
        let context = FlightContext(headers: head.fields, peer: peer, deadline: deadline)
        let handle = CallHandle(call, on: loop.eventLoop, cancelsWhenDropped: false)
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        let service = loop.service
        // Both sides may write first in these, so the client gets the head at once.
        if rpc.streamsRequests { headers.beforeMessages(on: stream) }
        task = Task.immediate(executorPreference: loop.executor) {
            let status: GRPCStatus
            do {
                try await service.answer(rpc, on: handle, context: context)
                status = GRPCStatus(code: .ok, message: "")
            } catch {
                status = bound.value.status(for: error, rpc: rpc)
            }
            bound.value.finish(status)
            bound.value.loop.remove(bound.value)
        }
        guard !stream.isClosed, !stream.hasSentEnd else { return }
        call.whenAbandoned = { [weak self] in self?.task?.cancel() }
        if let deadline { startDeadline(deadline) }
    }

    /// Answers UNAVAILABLE, for a server that stops.
    func end() {
        finish(GRPCStatus(code: .unavailable, message: "the server is shutting down"))
        task?.cancel()
    }

    private func startDeadline(_ deadline: NIODeadline) {
        let timer = LoopTimer(on: loop.http2.timers) { [weak self] in
            self?.finish(GRPCStatus(code: .deadlineExceeded, message: "the deadline of the call has passed"))
            self?.task?.cancel()
        }
        timer.schedule(at: deadline)
        deadlineTimer = timer
    }

    private func status(for error: any Error, rpc: FlightRPC) -> GRPCStatus {
        let told = FlightError(telling: error)
        if told.code == .internal {
            loop.logger.error("call failed", metadata: ["rpc": "\(rpc.method)", "error": "\(error)"])
        }
        return GRPCStatus(code: told.code, message: told.message)
    }

    private func finish(_ status: GRPCStatus) {
        deadlineTimer?.cancel()
        deadlineTimer = nil
        call.whenAbandoned = nil
        headers.finish(status, on: stream)
        // A task that still reads or writes when its time is over is told so.
        if status.code != .ok { call.ended(.failed(FlightError(status.code, status.message))) }
    }
}

@available(*, unavailable)
extension ServerCall: Sendable {}

extension FlightService {
    /// Reads what the RPC takes, lets the service answer, and writes that.
    fileprivate func answer(_ rpc: FlightRPC, on call: CallHandle, context: FlightContext) async throws {
        switch rpc {
        case .handshake:
            try await handshake(FlightReader(call: call), context: context, into: FlightWriter(call: call))
        case .listFlights:
            try await listFlights(try await call.only(), context: context, into: FlightWriter(call: call))
        case .getFlightInfo:
            let info = try await getFlightInfo(try await call.only(), context: context)
            try await FlightWriter(call: call).write(info)
        case .pollFlightInfo:
            let info = try await pollFlightInfo(try await call.only(), context: context)
            try await FlightWriter(call: call).write(info)
        case .getSchema:
            let schema = try await getSchema(try await call.only(), context: context)
            try await FlightWriter(call: call).write(schema)
        case .doGet:
            try await doGet(try await call.only(), context: context, into: FlightWriter(call: call))
        case .doPut:
            try await doPut(FlightReader(call: call), context: context, into: FlightWriter(call: call))
        case .doExchange:
            try await doExchange(FlightReader(call: call), context: context, into: FlightWriter(call: call))
        case .doAction:
            try await doAction(try await call.only(), context: context, into: FlightWriter(call: call))
        case .listActions:
            let _: Empty = try await call.only()
            try await listActions(context: context, into: FlightWriter(call: call))
        }
    }
}

extension CallHandle {
    /// The one message of a direction that carries one.
    func only<Message: FlightMessage>() async throws -> Message {
        let reader = FlightReader<Message>(call: self)
        guard let message = try await reader.next() else {
            throw FlightError(.invalidArgument, "the call needs one message and has none")
        }
        guard try await receive() == nil else {
            throw FlightError(.invalidArgument, "the call takes one message and has more")
        }
        return message
    }
}
