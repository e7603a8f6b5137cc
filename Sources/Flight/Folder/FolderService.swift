internal import ArrowIPC
internal import FlightProtocol
internal import Foundation
package import Logging
internal import NIOCore
internal import NIOPosix
internal import SwiftProtobuf
internal import Synchronization

/// The embedded Flight server's service: the Arrow IPC files of a folder, and what was put.
///
/// Uploads are kept in memory up to a limit, or written to the folder. IPC messages move as they are: no array is decoded.
/// A ticket is the flight's name as text.
package struct FolderService: FlightService {
    private let folder: FlightFolder
    private let memory: MemoryFlights
    private let isWritable: Bool
    private let pool = NIOThreadPool.singleton
    private let reported = ReportedProblems()
    private let logger: Logger

    /// - Parameters:
    ///   - root: the folder.
    ///   - isWritable: uploads become files of the folder; kept in memory otherwise.
    ///   - memoryLimit: bytes that uploads may hold in memory.
    package init(root: String, isWritable: Bool, memoryLimit: Int, logger: Logger) {
        self.folder = FlightFolder(root: root)
        self.memory = MemoryFlights(limit: memoryLimit)
        self.isWritable = isWritable
        self.logger = logger
    }

    /// How many flights there are, and the files that cannot be read, with what is wrong.
    package func survey() async throws -> (flights: Int, unreadable: [String]) {
        let (flights, unreadable) = try await onPool { [folder] () throws(FlightError) in try folder.flights() }
        let names = Set(flights.map(\.name)).union(memory.all.keys)
        report(unreadable)
        return (names.count, unreadable.map(\.problem))
    }

    /// Logs what was not wrong the last time.
    private func report(_ unreadable: [FlightFolder.Unreadable]) {
        let problems = unreadable.map(\.problem)
        let known = reported.replace(with: Set(problems))
        for problem in problems where !known.contains(problem) {
            logger.warning("file cannot be served", metadata: ["problem": "\(problem)"])
        }
    }

    /// Runs what blocks away from the event loops.
    private func onPool<Value: Sendable>(
        _ body: @escaping @Sendable () throws(FlightError) -> Value
    ) async throws -> Value {
        try await pool.runIfActive { try body() }
    }

    private func file(_ name: FlightName) async throws -> FlightFolder.Flight? {
        try await onPool { [folder] () throws(FlightError) in try folder.flight(name) }
    }

    // MARK: What is there

    package func listFlights(
        _ criteria: Criteria, context: FlightContext, into flights: FlightWriter<FlightInfo>
    ) async throws {
        guard let prefix = String(validating: criteria.expression, as: UTF8.self) else {
            throw FlightError(.invalidArgument, "the criteria are the beginning of a flight's name, as UTF-8 text")
        }
        let (files, unreadable) = try await onPool { [folder] () throws(FlightError) in try folder.flights() }
        report(unreadable)
        var all = Dictionary(memory.all.map { ($0, FlightSummary($1)) }, uniquingKeysWith: { first, _ in first })
        for file in files { all[file.name] = FlightSummary(file.index) }
        for (name, summary) in all.sorted(by: { $0.key < $1.key }) where name.description.hasPrefix(prefix) {
            try await flights.write(summary.info(name))
        }
    }

    package func getFlightInfo(_ descriptor: FlightDescriptor, context: FlightContext) async throws -> FlightInfo {
        let name = try FolderCommand(descriptor).name
        var info = try await summary(name).info(name)
        info.flightDescriptor = descriptor
        return info
    }

    package func getSchema(_ descriptor: FlightDescriptor, context: FlightContext) async throws -> SchemaResult {
        var result = SchemaResult()
        result.schema = try await summary(FolderCommand(descriptor).name).encapsulatedSchema
        return result
    }

    private func summary(_ name: FlightName) async throws -> FlightSummary {
        if let file = try await file(name) { return FlightSummary(file.index) }
        if let flight = memory[name] { return FlightSummary(flight) }
        throw Self.missing(name)
    }

    private static func missing(_ name: FlightName) -> FlightError {
        FlightError(.notFound, "there is no flight \(name)")
    }

    // MARK: Data

    package func doGet(_ ticket: Ticket, context: FlightContext, into data: FlightWriter<FlightData>) async throws {
        let name = try FlightName(bytes: ticket.ticket)
        if let file = try await file(name) {
            var transfer = FlightTransfer(file, on: pool)
            return try await transfer.send(to: data)
        }
        guard let flight = memory[name] else { throw Self.missing(name) }
        try await data.write(FlightData(header: flight.schemaMessage))
        for message in flight.messages { try await data.write(message) }
    }

    /// An upload; each message that has `app_metadata` is answered with the same, and one by Flight SQL with its rows.
    package func doPut(
        _ data: FlightReader<FlightData>, context: FlightContext, into results: FlightWriter<PutResult>
    ) async throws {
        guard let first = try await data.next(), let descriptor = first.descriptor else {
            throw FlightError(.invalidArgument, "an upload begins with a descriptor")
        }
        let command = try FolderCommand(descriptor)
        let upload = try await makeUpload(command)
        do {
            var order = UploadOrder()
            var next: FlightData? = first
            while let message = next {
                try await take(message, into: upload, order: &order)
                if let metadata = message.metadata {
                    var result = PutResult()
                    result.appMetadata = Data(metadata.readableBytesView)
                    try await results.write(result)
                }
                next = try await data.next()
            }
            try order.finish()
            try await onPool { () throws(FlightError) in try upload.commit() }
            if command.isSQL { try await results.write(try Self.updateResult(rows: order.rows)) }
        } catch {
            // Not `runIfActive`, which does nothing in a task that is cancelled.
            await withCheckedContinuation { continuation in
                pool.submit { _ in
                    upload.abort()
                    continuation.resume()
                }
            }
            throw error
        }
    }

    /// `DoPutUpdateResult` (FlightSql.proto), bare as it is in `app_metadata`.
    private static func updateResult(rows: Int64) throws -> PutResult {
        var update = Arrow_Flight_Protocol_Sql_DoPutUpdateResult()
        update.recordCount = rows
        var result = PutResult()
        result.appMetadata = try update.serializedData()
        return result
    }

    private func makeUpload(_ command: FolderCommand) async throws -> any Upload {
        let (root, name) = (folder.root, command.name)
        if command.table.mustExist || command.table.mustNotExist {
            let isFile = try await file(name) != nil
            let exists = isFile || memory[name] != nil
            guard exists || !command.table.mustExist else { throw Self.missing(name) }
            guard !exists || !command.table.mustNotExist else {
                throw FlightError(.alreadyExists, "there is a flight \(name) already")
            }
        }
        if isWritable { return try await onPool { () throws(FlightError) in try FileUpload(name, in: root) } }
        guard try await file(name) == nil else {
            throw FlightError(.alreadyExists, "\(name) is a file, and the folder is not writable")
        }
        return MemoryUpload(name, in: memory)
    }

    private func take(_ data: FlightData, into upload: any Upload, order: inout UploadOrder) async throws {
        // Only metadata, or only the descriptor.
        guard data.header != nil else { return }
        let message = try UploadedMessage(data)
        try order.take(message)
        if isWritable {
            try await onPool { () throws(FlightError) in try upload.append(message) }
        } else {
            try upload.append(message)
        }
    }

    /// Sends back what comes, but for the descriptor.
    package func doExchange(
        _ data: FlightReader<FlightData>, context: FlightContext, into results: FlightWriter<FlightData>
    ) async throws {
        while var message = try await data.next() {
            message.descriptor = nil
            guard message != FlightData() else { continue }
            try await results.write(message)
        }
    }

    // MARK: Actions

    package func listActions(context: FlightContext, into types: FlightWriter<ActionType>) async throws {
        for action in FolderAction.allCases {
            var type = ActionType()
            type.type = action.rawValue
            type.description_p = action.description
            try await types.write(type)
        }
    }

    package func doAction(
        _ action: Action, context: FlightContext, into results: FlightWriter<ActionResult>
    ) async throws {
        guard let known = FolderAction(rawValue: action.type) else {
            throw FlightError(.unimplemented, "there is no action \(action.type); ListActions tells those there are")
        }
        var result = ActionResult()
        switch known {
        case .status: result.body = try await status()
        case .drop: try await drop(FlightName(bytes: action.body))
        }
        try await results.write(result)
    }

    private func drop(_ name: FlightName) async throws {
        if memory.remove(name) { return }
        if isWritable {
            let removed = try await onPool { [folder] () throws(FlightError) in try folder.remove(name) }
            guard removed else { throw Self.missing(name) }
        } else if try await file(name) != nil {
            throw FlightError(.permissionDenied, "\(name) is a file, and the folder is not writable")
        } else {
            throw Self.missing(name)
        }
    }

    private func status() async throws -> Data {
        let (flights, unreadable) = try await survey()
        let status = FolderStatus(
            flights: flights, writable: isWritable, memoryBytes: memory.held, memoryLimitBytes: memory.limit,
            unreadable: unreadable)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(status)
    }
}

/// The actions of the embedded server.
private enum FolderAction: String, CaseIterable {
    case status
    case drop

    var description: String {
        switch self {
        case .status: "The number of flights, the memory that uploads hold, and the files that cannot be read, as JSON."
        case .drop: "Takes a flight away that was put. The body is its name."
        }
    }
}

/// What the action `status` answers.
private struct FolderStatus: Encodable {
    let flights: Int
    let writable: Bool
    let memoryBytes: Int
    let memoryLimitBytes: Int
    let unreadable: [String]
}

/// The problems that stand in the log already.
private final class ReportedProblems: Sendable {
    private let problems = Mutex<Set<String>>([])

    /// - Returns: those that there were before.
    func replace(with current: Set<String>) -> Set<String> {
        problems.withLock { problems in
            defer { problems = current }
            return problems
        }
    }
}

/// What FlightInfo says of a flight.
private struct FlightSummary {
    let schemaMessage: ByteBuffer
    let rows: Int64
    let bodyBytes: Int64

    init(_ index: IPCIndex) {
        schemaMessage = index.schemaMessage
        rows = index.rows
        bodyBytes = index.bodyBytes
    }

    init(_ flight: MemoryFlights.Flight) {
        schemaMessage = flight.schemaMessage
        rows = flight.rows
        bodyBytes = flight.bodyBytes
    }

    /// The schema as FlightInfo and SchemaResult carry it.
    var encapsulatedSchema: Data {
        var buffer = ByteBuffer()
        IPCEncapsulation.write(metadata: schemaMessage, into: &buffer)
        return Data(buffer.readableBytesView)
    }

    func info(_ name: FlightName) -> FlightInfo {
        var info = FlightInfo()
        info.schema = encapsulatedSchema
        info.flightDescriptor.type = .path
        info.flightDescriptor.path = name.components
        var endpoint = FlightEndpoint()
        endpoint.ticket.ticket = Data(name.description.utf8)
        info.endpoint = [endpoint]
        info.totalRecords = rows
        info.totalBytes = bodyBytes
        info.ordered = true
        return info
    }
}
