internal import NIOCore
internal import NIOHPACK

// Frames out: everything of one turn gathers in `outbound` and leaves in one flush. While the socket has not taken a flush,
// DATA waits in its stream's queue, in a buffer of its size, and streams then write in turns.
extension HTTP2Connection {
    /// What a stream writes before the next one has its turn, in bytes.
    static let turn = 64 * 1024
    /// How long a queued slice may hold a read buffer that is more than twice its size.
    static let settleAfter = TimeAmount.milliseconds(50)

    // MARK: Header blocks

    func send(head: HeaderList, appending extra: HPACKHeaders?, endStream: Bool, on stream: HTTP2Stream) {
        guard stream.state.sending == .expectingHead else { return }
        stream.state.sendHead(endStream: endStream)
        writeHeaders(head, appending: extra, endStream: endStream, on: stream)
        if endStream { closeIfEnded(stream) }
    }

    func send(trailers: HeaderList, appending extra: HPACKHeaders?, on stream: HTTP2Stream) {
        guard stream.state.sending == .expectingBody, !stream.hasSentEnd else { return }
        guard stream.queue.isEmpty else {
            stream.ending = .trailers(trailers, appending: extra)
            return
        }
        stream.state.sendEnd()
        writeHeaders(trailers, appending: extra, endStream: true, on: stream)
        closeIfEnded(stream)
    }

    private func writeHeaders(
        _ list: HeaderList, appending extra: HPACKHeaders?, endStream: Bool, on stream: HTTP2Stream
    ) {
        headerBlock.clear()
        encoder.encode(list, appending: extra, into: &headerBlock)
        outbound.control.writeHeaders(
            block: headerBlock, streamID: stream.id, endStream: endStream, maxFrameSize: peer.maxFrameSize)
        abuse.traffic()
        markDirty()
    }

    // MARK: DATA

    func send(data: ByteBuffer, endStream: Bool, on stream: HTTP2Stream) {
        guard stream.state.sending == .expectingBody, !stream.hasSentEnd else { return }
        var rest = data
        if stream.queue.isEmpty, !isCongested, scheduled.isEmpty {
            writeAtOnce(&rest, endStream: endStream, on: stream)
        }
        if rest.readableBytes > 0 {
            if endStream { stream.ending = .endStream }
            enqueue(rest, on: stream)
        } else if endStream, stream.state.sending != .ended {
            guard stream.queue.isEmpty else {
                stream.ending = .endStream
                return
            }
            write(ByteBuffer(), endStream: true, on: stream)
        }
        if endStream { closeIfEnded(stream) }
    }

    /// The cut-through path: what arrived in this turn goes out in this turn.
    private func writeAtOnce(_ rest: inout ByteBuffer, endStream: Bool, on stream: HTTP2Stream) {
        while rest.readableBytes > 0, outbound.hasRoom {
            let room = min(stream.sendWindow.available, connectionSendWindow.available, peer.maxFrameSize)
            guard room > 0 else { return }
            guard rest.readableBytes > room else {
                write(rest, endStream: endStream, on: stream)
                rest.moveReaderIndex(to: rest.writerIndex)
                return
            }
            guard let part = rest.readSlice(length: room) else { return }
            write(part, endStream: false, on: stream)
        }
    }

    private func enqueue(_ data: ByteBuffer, on stream: HTTP2Stream) {
        let before = stream.queue.retained
        stream.queue.append(data, maxPieces: limits.queuedFramesPerStream)
        retain(stream.queue.retained - before)
        if stream.queue.endsLoose { settleSoon(stream) }
        schedule(stream)
        scheduleHousekeeping(now: life.lastRead)
    }

    private func settleSoon(_ stream: HTTP2Stream) {
        guard !stream.isLoose else { return }
        stream.isLoose = true
        loose.append(stream)
        guard loose.count == 1 else { return }
        let timer = settleTimer ?? LoopTimer(on: loop.timers) { [weak self] in self?.settle() }
        settleTimer = timer
        timer.schedule(at: .now() + Self.settleAfter)
    }

    /// What has waited this long may wait much longer: it must not hold read buffers.
    private func settle() {
        for stream in loose {
            stream.isLoose = false
            guard !stream.isClosed else { continue }
            let before = stream.queue.retained
            stream.queue.settle()
            retain(stream.queue.retained - before)
        }
        loose.removeAll(keepingCapacity: false)
        loop.whenSettled?()
    }

    private func write(_ payload: ByteBuffer, endStream: Bool, on stream: HTTP2Stream) {
        let length = payload.readableBytes
        outbound.appendData(payload, on: stream, endStream: endStream)
        stream.sendWindow.consume(length)
        connectionSendWindow.consume(length)
        stream.stall.wrote(length)
        stream.activity &+= 1
        abuse.dataSent(bytes: length)
        abuse.traffic()
        if endStream { stream.state.sendEnd() }
        markDirty()
    }

    /// Puts a stream that has DATA and a window into the row of those that write.
    func schedule(_ stream: HTTP2Stream) {
        guard !stream.isScheduled, !stream.queue.isEmpty, stream.sendWindow.available > 0 else { return }
        stream.isScheduled = true
        scheduled.append(stream)
        markDirty()
    }

    /// Lets the streams write in turns, as far as the connection's window and one flush go.
    private func pump() {
        var next = 0
        while next < scheduled.count, outbound.hasRoom, connectionSendWindow.available > 0 {
            let stream = scheduled[next]
            next += 1
            stream.isScheduled = false
            guard !stream.isClosed else { continue }
            writeTurn(of: stream)
            if stream.queue.isEmpty { finishSending(stream) } else { schedule(stream) }
        }
        if next > 0 { scheduled.removeFirst(next) }
    }

    private func writeTurn(of stream: HTTP2Stream) {
        let before = stream.queue.retained
        var left = Self.turn
        while left > 0 {
            let room = min(left, stream.sendWindow.available, connectionSendWindow.available, peer.maxFrameSize)
            guard let piece = stream.queue.pop(upTo: room) else { break }
            left -= piece.readableBytes
            var isLast = false
            if case .endStream = stream.ending { isLast = stream.queue.isEmpty }
            write(piece, endStream: isLast, on: stream)
        }
        retain(stream.queue.retained - before)
    }

    /// The queue is empty: what was to follow the DATA goes out.
    private func finishSending(_ stream: HTTP2Stream) {
        if case .trailers(let trailers, let extra) = stream.ending {
            stream.ending = .none
            stream.state.sendEnd()
            writeHeaders(trailers, appending: extra, endStream: true, on: stream)
        }
        if let code = stream.resetAfterFlush, !stream.state.isClosed {
            reset(stream, code: code, afterFlush: false)
        } else {
            closeIfEnded(stream)
        }
    }

    // MARK: Control frames

    /// Appends a control frame, counted: a peer that does not read must not make them pile up.
    func writeControl(_ write: (inout ByteBuffer) -> Void) throws(ConnectionFault) {
        controlFramesQueued += 1
        guard controlFramesQueued <= limits.queuedControlFrames else { throw .limit(.queuedControlFrames) }
        write(&outbound.control)
        markDirty()
    }

    func writeControlOrFail(_ write: (inout ByteBuffer) -> Void) {
        do {
            try writeControl(write)
        } catch {
            fail(error)
        }
    }

    // MARK: Flush

    /// Writes what has gathered; called once at the end of a turn.
    func flush() {
        isDirty = false
        guard !isCongested, let context, !life.isOver else { return }
        pump()
        guard !outbound.isEmpty else { return shutDownIfClosing() }
        let segments = outbound.takeSegments()
        controlFramesQueued = 0
        isCongested = true
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { [self] _ in flushed() }
        let last = segments.count - 1
        for index in 0..<last { context.write(wrapOutboundOut(segments[index]), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(segments[last]), promise: promise)
        if isCongested {
            life.congestedSince = .now()
            scheduleHousekeeping(now: .now())
        }
    }

    /// The socket has taken the flush (or the channel is gone).
    private func flushed() {
        isCongested = false
        life.congestedSince = nil
        guard !life.isOver else { return }
        for delivery in outbound.takeDeliveries() {
            delivery.stream.sink?.stream(delivery.stream, delivered: delivery.bytes)
        }
        if !outbound.isEmpty || !scheduled.isEmpty || life.closingSince != nil { markDirty() }
    }

    /// The last GOAWAY is out. Closing with unread bytes in the socket would reset it, and the peer might never see GOAWAY:
    /// so only our side ends now, and the rest soon after.
    private func shutDownIfClosing() {
        guard life.closingSince != nil, !life.isShutDown else { return }
        life.isShutDown = true
        context?.close(mode: .output, promise: nil)
    }
}
