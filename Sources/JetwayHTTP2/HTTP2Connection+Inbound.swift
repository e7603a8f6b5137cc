internal import NIOCore

// Frames in: RFC 9113 sections 5 and 6, for the part that needs the stream table.
extension HTTP2Connection {
    func receive(_ input: inout ByteBuffer, now: NIODeadline) {
        do {
            while let event = try parser.next(&input) {
                try handle(event, now: now)
                if life.isClosing { return }
            }
            try deliverPendingData(endStream: false)
            noteHeaderBlock(now: now)
            if abuse.shouldDrain { drain() }
        } catch {
            fail(error)
        }
    }

    private func handle(_ event: FrameEvent, now: NIODeadline) throws(ConnectionFault) {
        switch event {
        case .data(let id, let length, _, let endStream):
            try beginData(id, length: length, endStream: endStream, now: now)
        case .dataPayload(let payload):
            try deliverPendingData(endStream: false)
            pendingData = payload
            framePayload += payload.readableBytes
        case .dataPadding(let bytes):
            framePadding += bytes
            if let stream = dataStream { release(bytes, on: stream) }
        case .dataEnd:
            try endData(now: now)
        case .headers(let frame):
            try receiveHeaders(frame, now: now)
        case .priority(let id, let dependency):
            try receivePriority(id, dependency: dependency, now: now)
        case .resetStream(let id, let code):
            try receiveReset(id, code: code, now: now)
        case .settings(let entries):
            try receiveSettings(entries, now: now)
        case .settingsAcknowledged:
            life.settingsAcknowledged = true
            decoder.settingsAcknowledged()
            try abuse.controlFrame(now: now)
        case .ping(let data):
            try abuse.ping(now: now, openCalls: !streams.isEmpty)
            try writeControl { $0.writePing(data, acknowledges: true) }
        case .pingAcknowledged(let data):
            if !receivePingAcknowledgement(data) { try abuse.controlFrame(now: now) }
        case .windowUpdate(let id, let increment):
            try receiveWindowUpdate(id, increment: Int(increment), now: now)
        case .goAway(let last, let code, _):
            try abuse.controlFrame(now: now)
            receiveGoAway(last: last, code: code)
        case .unknown(_, let length):
            try abuse.controlFrame(now: now)
            try abuse.uselessBytes(length + FrameHeader.size)
        case .streamFault(let id, let code, let reason):
            try abuse.controlFrame(now: now)
            try failStream(id, code: code, reason: reason, now: now)
        case .preface:
            life.prefaceAt = now
        }
    }

    // MARK: DATA

    private func beginData(
        _ id: StreamID, length: Int, endStream: Bool, now: NIODeadline
    ) throws(ConnectionFault) {
        framePayload = 0
        framePadding = 0
        dataStream = nil
        dataEndsStream = endStream
        guard connectionReceiveWindow.receive(length) else {
            throw .flowControl("DATA beyond the connection's window")
        }
        // The connection's window never waits for a reader: one that has stopped must not stop the others.
        refillConnectionWindow(length)
        abuse.traffic()
        life.isQuietChecked = false
        guard let stream = stream(id) else {
            return try receiveOnClosed(id, isHead: false, now: now)
        }
        if let code = stream.state.receiveData() {
            return try failStream(id, code: code, reason: "DATA on a stream that takes none", now: now)
        }
        guard stream.receiveWindow.receive(length) else {
            return try failStream(id, code: .flowControlError, reason: "DATA beyond the stream's window", now: now)
        }
        dataStream = stream
    }

    private func endData(now: NIODeadline) throws(ConnectionFault) {
        try abuse.dataFrame(payload: framePayload, padding: framePadding, endStream: dataEndsStream)
        guard dataStream != nil else {
            pendingData = nil
            return
        }
        try deliverPendingData(endStream: dataEndsStream)
        dataStream = nil
    }

    /// Hands what was parsed last to the stream's sink. It is held back by one event, so that END_STREAM goes with it.
    private func deliverPendingData(endStream: Bool) throws(ConnectionFault) {
        guard pendingData != nil || endStream else { return }
        let payload = pendingData.take() ?? ByteBuffer()
        guard let stream = dataStream else { return }
        let count = payload.readableBytes
        if let outstanding = stream.contentOutstanding {
            guard count <= outstanding, !endStream || count == outstanding else {
                let reason = "DATA does not add up to content-length"
                return try failStream(stream.id, code: .protocolError, reason: reason, now: life.lastRead)
            }
            stream.contentOutstanding = outstanding - count
        }
        if stream.receiveWindow.size < limits.streamWindowMaximum { probeWindow(of: stream, bytes: count) }
        stream.activity &+= 1
        if endStream { stream.state.receiveEnd() }
        stream.sink?.stream(stream, received: payload, endStream: endStream)
        if endStream { closeIfEnded(stream) }
    }

    private func probeWindow(of stream: HTTP2Stream, bytes: Int) {
        if probe.record(bytes, share: &stream.probeShare, window: stream.receiveWindow.size) {
            stream.wantsLargerWindow = true
        }
        if probe.start(share: stream.probeShare, window: stream.receiveWindow.size) {
            outbound.control.writePing(WindowProbe.pingData, acknowledges: false)
            markDirty()
        }
    }

    private func refillConnectionWindow(_ bytes: Int) {
        let increment = connectionReceiveWindow.release(bytes)
        guard increment > 0 else { return }
        outbound.control.writeWindowUpdate(streamID: .connection, increment: increment)
        markDirty()
    }

    /// Gives a stream's credit back, and enlarges its window where a fast reader was held up by it.
    func release(_ bytes: Int, on stream: HTTP2Stream) {
        guard bytes > 0, stream.state.receiving != .ended else { return }
        let window = stream.receiveWindow
        var increment = stream.receiveWindow.release(bytes)
        // The sender used up three quarters of the window, and the receiver has taken all of it.
        let held = window.size - window.available - window.owed - bytes
        if held <= 0, window.size < limits.streamWindowMaximum,
            stream.wantsLargerWindow || window.available <= window.size / 4
        {
            increment += grow(stream)
        }
        guard increment > 0 else { return }
        outbound.control.writeWindowUpdate(streamID: stream.id, increment: increment)
        markDirty()
    }

    private func grow(_ stream: HTTP2Stream) -> Int {
        stream.wantsLargerWindow = false
        guard !loop.budget.isTight, retained < limits.retainedBytes / 2 else { return 0 }
        let size = min(stream.receiveWindow.size * 2, limits.streamWindowMaximum)
        let whole = connectionReceiveWindow.grow(to: min(2 * size, limits.connectionWindowMaximum))
        if whole > 0 { outbound.control.writeWindowUpdate(streamID: .connection, increment: whole) }
        return stream.receiveWindow.grow(to: size)
    }

    // MARK: HEADERS

    private func receiveHeaders(_ frame: HeadersFrame, now: NIODeadline) throws(ConnectionFault) {
        let list = try decoder.decode(frame.block)
        abuse.usefulBytes(frame.block.readableBytes)
        abuse.traffic()
        life.isQuietChecked = false
        if let stream = stream(frame.streamID) {
            return try receiveHeaders(list, frame: frame, on: stream, now: now)
        }
        switch role {
        case .client:
            try receiveOnClosed(frame.streamID, isHead: true, now: now)
        case .server:
            guard frame.streamID.isClientInitiated else { throw .protocolError("HEADERS on an even stream") }
            guard frame.streamID > highestStream else {
                return try receiveOnClosed(frame.streamID, isHead: true, now: now)
            }
            try openByPeer(list, frame: frame, now: now)
        }
    }

    private func openByPeer(
        _ head: HeaderList, frame: HeadersFrame, now: NIODeadline
    ) throws(ConnectionFault) {
        let id = frame.streamID
        guard !life.isDraining else {
            // Above the last stream of our GOAWAY: the peer will try it elsewhere.
            highestStream = id
            return resetByUs.insert(id)
        }
        guard streams.count < limits.maxConcurrentStreams else {
            highestStream = id
            try abuse.refusedStream(now: now)
            resetByUs.insert(id)
            return try writeControl { $0.writeResetStream(id, code: .refusedStream) }
        }
        let length = head.contentLength
        let isShort = frame.endStream && (length ?? 0) > 0
        guard frame.dependency != id, head.flaw(as: .request) == nil, !isShort else {
            highestStream = id
            return try failStream(id, code: .protocolError, reason: "malformed request", now: now)
        }
        let stream = makeStream(id)
        _ = stream.state.receiveHeaders(endStream: frame.endStream)
        stream.contentOutstanding = length
        owner?.connection(self, opened: stream, head: head, endStream: frame.endStream)
        closeIfEnded(stream)
    }

    private func receiveHeaders(
        _ list: HeaderList, frame: HeadersFrame, on stream: HTTP2Stream, now: NIODeadline
    ) throws(ConnectionFault) {
        guard frame.dependency != stream.id else {
            return try failStream(stream.id, code: .protocolError, reason: "a stream depends on itself", now: now)
        }
        let expectsHead = stream.state.receiving == .expectingHead
        let kind: HeaderKind = expectsHead ? .response : role == .server ? .requestTrailers : .responseTrailers
        let isInformational = expectsHead && list.isInformational
        switch stream.state.receiveHeaders(endStream: frame.endStream, isInformational: isInformational) {
        case .fault(let code):
            return try failStream(stream.id, code: code, reason: "HEADERS out of place", now: now)
        case .head, .trailers:
            break
        }
        guard list.flaw(as: kind) == nil else {
            return try failStream(stream.id, code: .protocolError, reason: "malformed header block", now: now)
        }
        guard list.listSize <= limits.headerListBytes, list.count <= limits.headerFields else {
            return closeForLimit(stream, .headerListBytes)
        }
        if isInformational { return }
        if expectsHead {
            stream.contentOutstanding = frame.endStream ? nil : list.contentLength
            stream.sink?.stream(stream, receivedHead: list, endStream: frame.endStream)
        } else {
            if let outstanding = stream.contentOutstanding, outstanding > 0 {
                let reason = "DATA does not add up to content-length"
                return try failStream(stream.id, code: .protocolError, reason: reason, now: now)
            }
            stream.sink?.stream(stream, receivedTrailers: list)
        }
        if frame.endStream { closeIfEnded(stream) }
    }

    /// A frame on a stream that is not in the table (RFC 9113 section 5.1, "closed" and "idle").
    private func receiveOnClosed(_ id: StreamID, isHead: Bool, now: NIODeadline) throws(ConnectionFault) {
        guard isNotIdle(id) else { throw .protocolError("a frame on an idle stream") }
        // What was under way when we reset the stream is dropped; its DATA counts for the connection's window only.
        if resetByUs.contains(id) { return }
        if resetByPeer.contains(id) {
            return try failStream(id, code: .streamClosed, reason: "a frame behind RST_STREAM", now: now)
        }
        if finished.contains(id) { throw .streamClosed("a frame on a closed stream") }
        // A server may be late by more streams than we remember.
        guard role == .server else { return try abuse.glitch(now: now) }
        if isHead { throw .protocolError("HEADERS on a stream below one that was opened later") }
        throw .streamClosed("a frame on a closed stream")
    }
}
