internal import NIOCore

/// The rules of each frame type (RFC 9113 sections 6.1 to 6.10).
extension FrameParser {
    /// Debug data of a GOAWAY that is kept, in bytes.
    private static let debugDataKept = 1024

    /// Checks a frame by its header and decides how its payload is read.
    ///
    /// - Returns: an event for frames that announce themselves at their header.
    mutating func begin(_ header: FrameHeader) throws(ConnectionFault) -> FrameEvent? {
        try self.checkFirstFrame(header)
        if let open = self.openBlock, header.type != FrameType.continuation || header.streamID != open {
            throw .protocolError("a frame inside a header block")
        }
        guard header.length <= self.maxFrameSize else { throw .frameSize("longer than SETTINGS_MAX_FRAME_SIZE") }

        switch header.type {
        case FrameType.data: return try self.beginData(header)
        case FrameType.headers: try self.beginHeaders(header)
        case FrameType.continuation: try self.beginContinuation(header)
        case FrameType.priority:
            guard header.streamID != .connection else { throw .protocolError("PRIORITY on stream 0") }
            guard header.length == 5 else {
                self.enter(header.length > 0 ? .skip(header.length) : .frameHeader)
                return .streamFault(header.streamID, .frameSizeError, reason: "PRIORITY is not 5 bytes long")
            }
            self.enter(.payload(header, need: 5, rest: 0))
        case FrameType.resetStream:
            guard header.streamID != .connection else { throw .protocolError("RST_STREAM on stream 0") }
            guard header.length == 4 else { throw .frameSize("RST_STREAM is not 4 bytes long") }
            self.enter(.payload(header, need: 4, rest: 0))
        case FrameType.settings: return try self.beginSettings(header)
        case FrameType.pushPromise:
            // We are a server, or a client that has set SETTINGS_ENABLE_PUSH to 0.
            throw .protocolError("PUSH_PROMISE")
        case FrameType.ping:
            guard header.streamID == .connection else { throw .protocolError("PING on a stream") }
            guard header.length == 8 else { throw .frameSize("PING is not 8 bytes long") }
            self.enter(.payload(header, need: 8, rest: 0))
        case FrameType.goAway:
            guard header.streamID == .connection else { throw .protocolError("GOAWAY on a stream") }
            guard header.length >= 8 else { throw .frameSize("GOAWAY is shorter than 8 bytes") }
            let kept = min(header.length, 8 + Self.debugDataKept)
            self.enter(.payload(header, need: kept, rest: header.length - kept))
        case FrameType.windowUpdate:
            guard header.length == 4 else { throw .frameSize("WINDOW_UPDATE is not 4 bytes long") }
            self.enter(.payload(header, need: 4, rest: 0))
        default:
            self.enter(header.length > 0 ? .skip(header.length) : .frameHeader)
            return .unknown(type: header.type, length: header.length)
        }
        return nil
    }

    private mutating func beginData(_ header: FrameHeader) throws(ConnectionFault) -> FrameEvent {
        guard header.streamID != .connection else { throw .protocolError("DATA on stream 0") }
        let padded = header.has(FrameFlag.padded)
        if padded {
            guard header.length > 0 else { throw .frameSize("DATA: too short for its padding length") }
            self.enter(.dataPadLength(header.length))
        } else {
            self.enter(.data(remaining: header.length, padding: 0))
        }
        return .data(
            streamID: header.streamID, length: header.length, padded: padded,
            endStream: header.has(FrameFlag.endStream))
    }

    private mutating func beginHeaders(_ header: FrameHeader) throws(ConnectionFault) {
        guard header.streamID != .connection else { throw .protocolError("HEADERS on stream 0") }
        var prefix = 0
        var longest = self.maxHeaderBlock
        if header.has(FrameFlag.padded) {
            prefix += 1
            longest += 1 + 255
        }
        if header.has(FrameFlag.priority) {
            prefix += 5
            longest += 5
        }
        guard header.length >= prefix else { throw .frameSize("HEADERS: too short for its fixed fields") }
        guard header.length <= longest else { throw .limit(.headerListBytes) }
        self.enter(.payload(header, need: header.length, rest: 0))
    }

    private mutating func beginContinuation(_ header: FrameHeader) throws(ConnectionFault) {
        guard self.openBlock != nil else { throw .protocolError("CONTINUATION without a header block") }
        let (bytes, continuations) = self.openBlockSize
        guard continuations < self.maxContinuations else { throw .limit(.continuationFrames) }
        guard header.length <= self.maxHeaderBlock - bytes else { throw .limit(.headerListBytes) }
        self.enter(.payload(header, need: header.length, rest: 0))
    }

    private mutating func beginSettings(_ header: FrameHeader) throws(ConnectionFault) -> FrameEvent? {
        guard header.streamID == .connection else { throw .protocolError("SETTINGS on a stream") }
        if header.has(FrameFlag.acknowledgement) {
            guard header.length == 0 else { throw .frameSize("SETTINGS acknowledgement with a payload") }
            return .settingsAcknowledged
        }
        guard header.length % 6 == 0 else { throw .frameSize("SETTINGS is not a multiple of 6 bytes long") }
        guard header.length / 6 <= self.maxSettingsEntries else { throw .limit(.settingsEntries) }
        self.enter(.payload(header, need: header.length, rest: 0))
        return nil
    }

    /// Makes the event of a frame whose payload, of the length that ``begin(_:)`` asked for, is there.
    mutating func finish(_ header: FrameHeader, _ payload: ByteBuffer) throws(ConnectionFault) -> FrameEvent? {
        var payload = payload
        switch header.type {
        case FrameType.headers:
            return try self.finishHeaders(header, payload)
        case FrameType.continuation:
            return self.continueBlock(payload, isLast: header.has(FrameFlag.endHeaders)).map { .headers($0) }
        case FrameType.priority:
            return .priority(header.streamID, dependency: payload.readStreamID())
        case FrameType.resetStream:
            return .resetStream(header.streamID, HTTP2ErrorCode(rawValue: payload.readUInt32()))
        case FrameType.settings:
            var entries: [SettingsEntry] = []
            entries.reserveCapacity(header.length / 6)
            while let (id, value) = payload.readMultipleIntegers(as: (UInt16, UInt32).self) {
                entries.append(SettingsEntry(id: id, value: value))
            }
            return .settings(entries)
        case FrameType.ping:
            let data = payload.readInteger(as: UInt64.self) ?? 0
            return header.has(FrameFlag.acknowledgement) ? .pingAcknowledged(data) : .ping(data)
        case FrameType.goAway:
            let last = payload.readStreamID()
            let code = HTTP2ErrorCode(rawValue: payload.readUInt32())
            return .goAway(lastStreamID: last, code: code, debugData: payload)
        case FrameType.windowUpdate:
            return .windowUpdate(header.streamID, increment: payload.readUInt32() & 0x7fff_ffff)
        default:
            return nil
        }
    }

    private mutating func finishHeaders(
        _ header: FrameHeader, _ payload: ByteBuffer
    ) throws(ConnectionFault) -> FrameEvent? {
        var payload = payload
        var padding = 0
        if header.has(FrameFlag.padded) {
            padding = Int(payload.readInteger(as: UInt8.self) ?? 0)
        }
        var dependency: StreamID?
        if header.has(FrameFlag.priority) {
            dependency = payload.readStreamID()
            payload.moveReaderIndex(forwardBy: 1)  // the weight
        }
        // RFC 9113 section 6.2: padding that leaves less than nothing for the block is a PROTOCOL_ERROR.
        guard padding <= payload.readableBytes,
            let block = payload.readSlice(length: payload.readableBytes - padding)
        else { throw .protocolError("HEADERS: padding longer than what is left") }
        guard block.readableBytes <= self.maxHeaderBlock else { throw .limit(.headerListBytes) }
        let frame = HeadersFrame(
            streamID: header.streamID, endStream: header.has(FrameFlag.endStream), dependency: dependency, block: block)
        if header.has(FrameFlag.endHeaders) { return .headers(frame) }
        self.openBlock(frame)
        return nil
    }
}

extension ByteBuffer {
    /// Four bytes of a payload whose length was checked before.
    fileprivate mutating func readUInt32() -> UInt32 {
        self.readInteger(as: UInt32.self) ?? 0
    }

    fileprivate mutating func readStreamID() -> StreamID {
        StreamID(rawValue: self.readUInt32() & 0x7fff_ffff)
    }
}
