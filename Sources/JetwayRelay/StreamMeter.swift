internal import FlightProtocol
internal import JetwayCore
internal import NIOCore

/// Counts what one direction of a call carries, and knows whether it stands between two messages.
struct StreamMeter {
    private var messages = GRPCMessageWalker()
    private var flightData: FlightDataWalker?
    private var bytes = 0

    /// - Parameter countsFlightData: whether the messages are FlightData, whose batches and rows are counted.
    init(countsFlightData: Bool) {
        flightData = countsFlightData ? FlightDataWalker() : nil
    }

    /// Forgets what it has counted.
    mutating func restart() {
        self = StreamMeter(countsFlightData: flightData != nil)
    }

    mutating func consume(_ data: ByteBuffer) {
        guard data.readableBytes > 0 else { return }
        bytes += data.readableBytes
        if flightData == nil {
            messages.consume(data)
        } else {
            flightData?.consume(data)
        }
    }

    /// Rows so far; 0 for RPCs that carry none.
    var rows: Int { flightData?.rows ?? 0 }

    /// No message has begun that has not ended.
    var isAtMessageBoundary: Bool { flightData?.isAtMessageBoundary ?? messages.isAtMessageBoundary }

    var traffic: Outcome.Traffic {
        var traffic = Outcome.Traffic()
        traffic.bytes = bytes
        traffic.messages = Int(clamping: flightData?.messages ?? messages.messages)
        traffic.batches = Int(clamping: flightData?.recordBatches ?? 0)
        traffic.rows = Int(clamping: flightData?.rows ?? 0)
        return traffic
    }
}
