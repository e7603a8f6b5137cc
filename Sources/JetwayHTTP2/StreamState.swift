/// The life of one stream (RFC 9113 section 5.1), as seen from one end.
///
/// `idle` streams have no state: they begin with their HEADERS. A `closed` stream leaves the connection's table.
struct StreamState: Equatable, Sendable {
    /// One direction of a stream.
    enum Half: Equatable, Sendable {
        /// No header block was seen yet.
        case expectingHead
        /// The head is there; DATA or trailers may follow.
        case expectingBody
        /// END_STREAM was seen.
        case ended
    }

    /// What a received header block is.
    enum ReceivedHeaders: Equatable, Sendable {
        case head
        case trailers
        /// A second header block without END_STREAM, or one after the end.
        case fault(HTTP2ErrorCode)
    }

    private(set) var receiving: Half = .expectingHead
    private(set) var sending: Half = .expectingHead

    var isClosed: Bool { receiving == .ended && sending == .ended }

    /// HEADERS arrived. `isInformational`: a response head with a 1xx status, which another head follows.
    mutating func receiveHeaders(endStream: Bool, isInformational: Bool = false) -> ReceivedHeaders {
        switch receiving {
        case .expectingHead:
            if isInformational {
                return endStream ? .fault(.protocolError) : .head
            }
            receiving = endStream ? .ended : .expectingBody
            return .head
        case .expectingBody:
            guard endStream else { return .fault(.protocolError) }
            receiving = .ended
            return .trailers
        case .ended:
            return .fault(.streamClosed)
        }
    }

    /// A DATA frame's header arrived. Nil: it is legal here.
    func receiveData() -> HTTP2ErrorCode? {
        switch receiving {
        case .expectingHead: .protocolError
        case .expectingBody: nil
        case .ended: .streamClosed
        }
    }

    /// The DATA frame with END_STREAM is complete.
    mutating func receiveEnd() {
        receiving = .ended
    }

    mutating func sendHead(endStream: Bool) {
        sending = endStream ? .ended : .expectingBody
    }

    mutating func sendEnd() {
        sending = .ended
    }
}
