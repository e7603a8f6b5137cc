internal import Foundation
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// A file of JSON lines, one for each call; written off the event loops, reopened when it was moved away.
final class AccessLogFile: Sendable {
    /// Calls that wait to be written; further ones are left out, and the next line says how many.
    private static let backlog = 16_384
    private static let timeFormat = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    private struct State {
        var pending: [(time: Date, record: CallRecord)] = []
        var isWriting = false
        var leftOut = 0
        var file: Int32 = -1
    }

    /// Where lines go.
    enum Place: Sendable {
        case standardError
        case standardOutput
        case file(String)
    }

    private let place: Place
    private let pool: NIOThreadPool
    private let state = Mutex(State())

    init(_ place: Place, pool: NIOThreadPool) throws {
        self.place = place
        self.pool = pool
        let file = try Self.open(place)
        state.withLock { $0.file = file }
    }

    deinit {
        state.withLock { if $0.file > 2 { Foundation.close($0.file) } }
    }

    func write(_ record: CallRecord) {
        let time = Date()
        let begins = state.withLock { state in
            guard state.pending.count < Self.backlog else {
                state.leftOut += 1
                return false
            }
            state.pending.append((time, record))
            defer { state.isWriting = true }
            return !state.isWriting
        }
        guard begins else { return }
        pool.submit { _ in self.flush() }
    }

    /// Opens the path anew: the file may have been moved away.
    func reopen() {
        guard case .file = place, let new = try? Self.open(place) else { return }
        // The number stays: a writer that has just taken it writes to the one file or to the other.
        state.withLock { _ = dup2(new, $0.file) }
        Foundation.close(new)
    }

    private func flush() {
        while true {
            let (records, leftOut, file) = state.withLock { state in
                defer {
                    state.pending = []
                    state.leftOut = 0
                }
                if state.pending.isEmpty { state.isWriting = false }
                return (state.pending, state.leftOut, state.file)
            }
            guard !records.isEmpty else { return }
            var bytes: [UInt8] = []
            for (time, record) in records { Self.append(record, at: time, to: &bytes) }
            if leftOut > 0 { bytes += Array("{\"calls-left-out\":\(leftOut)}\n".utf8) }
            Self.write(bytes, to: file)
        }
    }

    private static func write(_ bytes: [UInt8], to file: Int32) {
        bytes.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Foundation.write(file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                guard count > 0 else { break }
                rest = rest.dropFirst(count)
            }
        }
    }

    private static func open(_ place: Place) throws -> Int32 {
        let path: String
        switch place {
        case .standardOutput: return 1
        case .standardError: return 2
        case .file(let name): path = name
        }
        let file = Foundation.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
        guard file >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        return file
    }

    /// One line of JSON (RFC 8259): control characters are escaped, values are cut at 1,024 characters.
    static func append(_ record: CallRecord, at time: Date, to line: inout [UInt8]) {
        line += Array("{\"time\":\"\(time.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))\"".utf8)
        for (key, value) in record.fields {
            line += Array(",\"\(key)\":".utf8)
            switch value {
            case .number(let number): line += Array("\(number)".utf8)
            case .text(let text): append(text, to: &line)
            }
        }
        line += Array("}\n".utf8)
    }

    private static func append(_ text: String, to line: inout [UInt8]) {
        let hex = Array("0123456789abcdef".utf8)
        line.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars.prefix(1024) {
            switch scalar {
            case "\"", "\\":
                line += [UInt8(ascii: "\\"), UInt8(scalar.value)]
            case _ where scalar.value < 0x20 || scalar.value == 0x7f || (0x80..<0xa0).contains(scalar.value):
                line += Array("\\u00".utf8) + [hex[Int(scalar.value >> 4)], hex[Int(scalar.value & 15)]]
            default:
                line += Array(String(scalar).utf8)
            }
        }
        line.append(UInt8(ascii: "\""))
    }
}
