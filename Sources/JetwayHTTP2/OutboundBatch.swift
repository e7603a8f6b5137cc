internal import NIOCore

/// What a connection writes in one flush: frame headers, control frames and small payloads gathered in few buffers, large
/// payloads as the slices that they are.
struct OutboundBatch {
    /// Payloads up to this size are copied next to their frame header: cheaper than an own entry in the socket's vector.
    static let copyUpTo = 2048
    /// A larger buffer of gathered frames is not kept for the next flush.
    static let keepUpTo = 16 * 1024
    /// One flush takes at most about this many bytes of DATA: more than a read brings.
    static let dataLimit = 2 * 1024 * 1024

    /// DATA whose hand-over to the socket its stream's sink waits for.
    struct Delivery {
        let stream: HTTP2Stream
        var bytes: Int
    }

    /// The open end: frames are appended here.
    var control = ByteBuffer()
    private(set) var segments: [ByteBuffer] = []
    private(set) var deliveries: [Delivery] = []
    private(set) var dataBytes = 0
    private var spare = ByteBuffer()

    var isEmpty: Bool { segments.isEmpty && control.readableBytes == 0 }
    var hasRoom: Bool { dataBytes < Self.dataLimit }

    /// Appends one DATA frame.
    mutating func appendData(_ payload: ByteBuffer, on stream: HTTP2Stream, endStream: Bool) {
        let length = payload.readableBytes
        control.writeDataHeader(length: length, streamID: stream.id, endStream: endStream)
        if length > Self.copyUpTo {
            closeControl()
            segments.append(payload)
        } else if length > 0 {
            control.writeImmutableBuffer(payload)
        }
        guard length > 0 else { return }
        dataBytes += length
        if let last = deliveries.indices.last, deliveries[last].stream === stream {
            deliveries[last].bytes += length
        } else {
            deliveries.append(Delivery(stream: stream, bytes: length))
        }
    }

    private mutating func closeControl() {
        guard control.readableBytes > 0 else { return }
        segments.append(control)
        control = ByteBuffer()
        control.reserveCapacity(256)
    }

    /// Hands over the segments to write, in order.
    mutating func takeSegments() -> [ByteBuffer] {
        if control.readableBytes > 0 {
            segments.append(control)
            // The buffer of the flush before this one is free again by now, as a rule.
            swap(&control, &spare)
            control = control.storageCapacity > Self.keepUpTo ? ByteBuffer() : control
            control.clear()
        }
        let taken = segments
        segments.removeAll(keepingCapacity: false)
        return taken
    }

    /// The flush was taken by the socket.
    mutating func takeDeliveries() -> [Delivery] {
        dataBytes = 0
        let taken = deliveries
        deliveries.removeAll(keepingCapacity: false)
        return taken
    }
}
