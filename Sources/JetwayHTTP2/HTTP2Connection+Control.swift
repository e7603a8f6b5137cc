internal import NIOCore

// Frames in that are not DATA and HEADERS, and the ends of streams and of the connection.
extension HTTP2Connection {
    func receivePriority(_ id: StreamID, dependency: StreamID, now: NIODeadline) throws(ConnectionFault) {
        try abuse.controlFrame(now: now)
        guard dependency == id else { return }
        try failStream(id, code: .protocolError, reason: "a stream depends on itself", now: now)
    }

    func receiveReset(_ id: StreamID, code: HTTP2ErrorCode, now: NIODeadline) throws(ConnectionFault) {
        guard isNotIdle(id) else { throw .protocolError("RST_STREAM on an idle stream") }
        try abuse.resetReceived(now: now, streamsOpened: streamsOpened)
        guard let stream = stream(id) else { return try abuse.controlFrame(now: now) }
        // RST_STREAM(NO_ERROR) behind a complete response only stops our request (RFC 9113 section 8.1).
        resetByPeer.insert(id)
        remove(stream)?.stream(stream, closed: .reset(code))
    }

    func receiveSettings(_ entries: [SettingsEntry], now: NIODeadline) throws(ConnectionFault) {
        try abuse.settings(entries: entries.count, now: now)
        let windowBefore = peer.initialWindowSize
        for entry in entries {
            try peer.apply(entry, from: role)
            // Every value in between counts (RFC 7541 section 4.2).
            if entry.id == SettingsEntry.headerTableSize { encoder.peerTableSize(peer.headerTableSize) }
        }
        try changeSendWindows(by: peer.initialWindowSize - windowBefore)
        try writeControl { $0.writeSettingsAcknowledgement() }
        if !life.isReady {
            life.isReady = true
            owner?.connectionBecameReady(self)
        } else {
            owner?.connectionCapacityChanged(self)
        }
    }

    private func changeSendWindows(by delta: Int) throws(ConnectionFault) {
        guard delta != 0 else { return }
        for stream in streams.values {
            guard stream.sendWindow.adjust(by: delta) else {
                throw .flowControl("SETTINGS_INITIAL_WINDOW_SIZE makes a window too large")
            }
            if delta > 0 { schedule(stream) }
        }
    }

    func receiveWindowUpdate(_ id: StreamID, increment: Int, now: NIODeadline) throws(ConnectionFault) {
        try abuse.windowUpdate(streamLevel: id != .connection, now: now)
        guard id != .connection else {
            guard increment > 0 else { throw .protocolError("WINDOW_UPDATE of 0") }
            guard connectionSendWindow.adjust(by: increment) else {
                throw .flowControl("the connection's window passes 2^31-1")
            }
            if !scheduled.isEmpty { markDirty() }
            return
        }
        guard isNotIdle(id) else { throw .protocolError("WINDOW_UPDATE on an idle stream") }
        guard let stream = stream(id) else { return }
        guard increment > 0 else {
            return try failStream(id, code: .protocolError, reason: "WINDOW_UPDATE of 0", now: now)
        }
        guard stream.sendWindow.adjust(by: increment) else {
            return try failStream(id, code: .flowControlError, reason: "a window passes 2^31-1", now: now)
        }
        schedule(stream)
    }

    /// False: it answers none of our PINGs.
    func receivePingAcknowledgement(_ data: UInt64) -> Bool {
        switch data {
        case WindowProbe.pingData:
            return probe.finish()
        case Self.keepalivePing where life.keepalivePingAt != nil:
            life.keepalivePingAt = nil
            return true
        case Self.drainPing where life.drain != .none && life.drain != .final:
            finishDrain()
            return true
        default:
            return false
        }
    }

    func receiveGoAway(last: StreamID, code: HTTP2ErrorCode) {
        guard role == .client else { return }
        life.drain = .final
        owner?.connectionIsDraining(self)
        let unprocessed = streams.values.filter { $0.id > last }.sorted { $0.id < $1.id }
        for stream in unprocessed { remove(stream)?.stream(stream, closed: .unprocessed) }
        closeIfDrained()
    }

    /// Whether a stream is, or was, open.
    func isNotIdle(_ id: StreamID) -> Bool {
        id.isClientInitiated && id <= highestStream
    }

    // MARK: Ends of streams

    /// A stream error (RFC 9113 section 5.4.2). On an idle stream it is an error of the connection.
    func failStream(
        _ id: StreamID, code: HTTP2ErrorCode, reason: String, now: NIODeadline
    ) throws(ConnectionFault) {
        guard isNotIdle(id) else { throw ConnectionFault(code: code, reason: reason) }
        guard !resetByUs.contains(id) else { return }
        try abuse.streamError(now: now)
        resetByUs.insert(id)
        if let stream = stream(id) { remove(stream)?.stream(stream, closed: .fault(code)) }
        try writeControl { $0.writeResetStream(id, code: code) }
    }

    /// Ends a stream because of one of our limits.
    func closeForLimit(_ stream: HTTP2Stream, _ limit: LimitName, code: HTTP2ErrorCode = .cancel) {
        resetByUs.insert(stream.id)
        let id = stream.id
        remove(stream)?.stream(stream, closed: .limit(limit))
        writeControlOrFail { $0.writeResetStream(id, code: code) }
    }

    /// Resets a stream on our owner's behalf; its sink hears nothing more.
    func reset(_ stream: HTTP2Stream, code: HTTP2ErrorCode, afterFlush: Bool) {
        if afterFlush, !stream.queue.isEmpty || stream.isScheduled {
            stream.resetAfterFlush = code
            return
        }
        guard stream.state.sending != .expectingHead || role == .server else {
            // Nothing of it was ever sent: the peer does not know it.
            remove(stream)
            return
        }
        let id = stream.id
        resetByUs.insert(id)
        remove(stream)
        writeControlOrFail { $0.writeResetStream(id, code: code) }
    }

    func closeIfEnded(_ stream: HTTP2Stream) {
        guard stream.state.isClosed, !stream.isClosed else { return }
        finished.insert(stream.id)
        remove(stream)
    }

    // MARK: Ends of the connection

    static let keepalivePing: UInt64 = 0x6A65_7477_6179_0002
    static let drainPing: UInt64 = 0x6A65_7477_6179_0003

    /// Begins an orderly end: GOAWAY(2^31-1), a PING, and after its acknowledgement GOAWAY with the last stream.
    package func drain() {
        guard life.drain == .none, !life.isClosing else { return }
        guard life.startedAt != nil else { return close() }
        guard role == .server else {
            life.drain = .final
            owner?.connectionIsDraining(self)
            return closeIfDrained()
        }
        life.drain = .announced(since: .now())
        writeControlOrFail {
            $0.writeGoAway(lastStreamID: StreamID(rawValue: UInt32(Int32.max)), code: .noError, debug: "")
            $0.writePing(Self.drainPing, acknowledges: false)
        }
        scheduleHousekeeping(now: .now())
    }

    /// The second GOAWAY: every stream that the peer opened before it saw the first one has arrived.
    func finishDrain() {
        guard case .announced = life.drain else { return }
        life.drain = .final
        let last = highestStream
        life.lastAccepted = last
        writeControlOrFail { $0.writeGoAway(lastStreamID: last, code: .noError, debug: "") }
        owner?.connectionIsDraining(self)
        closeIfDrained()
    }

    func closeIfDrained() {
        guard life.isDraining, streams.isEmpty, !life.isClosing else { return }
        life.closingSince = .now()
        markDirty()
        scheduleHousekeeping(now: .now())
    }

    /// A connection error (RFC 9113 section 5.4.1): GOAWAY, then the end.
    package func fail(_ fault: ConnectionFault) {
        guard !life.isClosing else { return }
        life.fault = fault
        life.closingSince = .now()
        pendingData = nil
        dataStream = nil
        let last = role == .server ? life.lastAccepted ?? highestStream : .connection
        outbound.control.writeGoAway(lastStreamID: last, code: fault.code, debug: fault.reason)
        for stream in streams.values.sorted(by: { $0.id < $1.id }) {
            remove(stream)?.stream(stream, closed: .connectionLost(fault.reason))
        }
        markDirty()
        scheduleHousekeeping(now: .now())
    }

    /// Stops reading from the socket, or goes on. While it rests, nothing of the peer is seen: not even that it goes away.
    package func setReading(_ isReading: Bool) {
        try? context?.channel.syncOptions?.setOption(.autoRead, value: isReading)
    }

    /// Closes the channel at once.
    package func close() {
        context?.close(promise: nil)
    }
}
