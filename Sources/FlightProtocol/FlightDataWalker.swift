internal import ArrowIPC
package import NIOCore

/// Counts batches and rows of one direction that carries FlightData, from chunks that are cut anywhere.
///
/// Of each message (Flight.proto, `FlightData`) it reads the tags and `data_header`, and steps over everything else by
/// its length, `data_body` above all. It only counts: bytes that are no FlightData make an `unreadable` message, and the
/// next message is read again from its start.
package struct FlightDataWalker: Sendable {
    /// The longest `data_header` that is read, in bytes.
    package static let headerLimit = 1 << 20

    private var framing = GRPCMessageWalker()
    private var fields = FlightDataFields()
    private var tally = FlightDataCounts()

    package init() {}

    /// What has been counted so far.
    package var counts: FlightDataCounts {
        var counts = tally
        counts.messages = framing.messages
        return counts
    }

    /// Messages that have ended, whatever they were.
    package var messages: Int { framing.messages }
    /// Record batches so far.
    package var recordBatches: Int { tally.recordBatches }
    /// Rows of all record batches so far, as their heads say; no more than `Int.max`.
    package var rows: Int { tally.rows }
    /// Bytes of the longest message that has begun, as its prefix says.
    package var largestMessage: Int { framing.largestMessage }

    /// Whether every message that has begun has ended. True before the first byte.
    package var isAtMessageBoundary: Bool { framing.isAtMessageBoundary }

    /// Takes the next bytes of the direction.
    package mutating func consume(_ chunk: ByteBuffer) {
        chunk.withUnsafeReadableBytes { consume($0) }
    }

    /// Takes the next bytes of the direction.
    package mutating func consume(_ chunk: UnsafeRawBufferPointer) {
        tally.bytes &+= chunk.count
        var offset = 0
        while let piece = framing.nextPiece(of: chunk, at: &offset) {
            if framing.currentCompressed {
                if piece.isLast { tally.uninspected += 1 }
                continue
            }
            if piece.isFirst { fields.begin(length: framing.currentLength) }
            fields.consume(chunk, piece.range)
            if piece.isLast { count(fields.end()) }
        }
    }

    private mutating func count(_ message: FlightDataFields.Message) {
        switch message {
        case .unreadable:
            tally.unreadable += 1
        case .read(let header, let bodyLength):
            tally.bodyBytes &+= bodyLength
            count(header)
        }
    }

    private mutating func count(_ header: MessageHeader?) {
        switch header?.kind {
        case nil: tally.metadataOnly += 1
        case .schema: tally.schemas += 1
        case .dictionaryBatch: tally.dictionaryBatches += 1
        case .recordBatch:
            tally.recordBatches += 1
            let (sum, overflow) = tally.rows.addingReportingOverflow(Int(clamping: header?.rows ?? 0))
            tally.rows = overflow ? .max : sum
        case .tensor, .sparseTensor, .other: tally.others += 1
        }
    }
}
