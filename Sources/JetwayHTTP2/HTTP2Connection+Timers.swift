internal import NIOCore

// Time: one timer per connection, set to the earliest thing that could be due.
extension HTTP2Connection {
    /// After the last GOAWAY the peer has this long to close its side.
    private static let closeGrace = TimeAmount.seconds(1)
    /// How long the peer's answer to the PING of a drain is waited for.
    private static let drainRoundTrip = TimeAmount.seconds(1)

    /// Sets the timer to the next thing that could be due; it never moves it back.
    func scheduleHousekeeping(now: NIODeadline) {
        guard let timer, !life.isOver else { return }
        let due = nextDue(now: now)
        if due < .distantFuture { timer.bringForward(to: due, now: now) }
    }

    func housekeeping() {
        guard !life.isOver else { return }
        let now = NIODeadline.now()
        do {
            checkClosing(now: now)
            try checkHandshake(now: now)
            try checkKeepalive(now: now)
            try checkTransport(now: now)
            checkStreams(now: now)
            checkAge(now: now)
        } catch {
            fail(error)
        }
        scheduleHousekeeping(now: now)
    }

    /// A header block has begun or ended within the bytes that were just parsed.
    func noteHeaderBlock(now: NIODeadline) {
        guard parser.isInsideHeaderBlock else {
            life.headerBlockSince = nil
            return
        }
        guard life.headerBlockSince == nil else { return }
        life.headerBlockSince = now
        scheduleHousekeeping(now: now)
    }

    private func nextDue(now: NIODeadline) -> NIODeadline {
        var due = NIODeadline.distantFuture
        func consider(_ since: NIODeadline?, _ limit: TimeAmount?) {
            guard let since, let limit else { return }
            due = min(due, since + limit)
        }
        if let closing = life.closingSince { return max(closing + Self.closeGrace, now + .milliseconds(1)) }
        consider(handshakeSince, handshakeLimit.map { limits.time(of: $0) })
        consider(life.headerBlockSince, limits.headerBlock)
        consider(life.idleSince, limits.connectionIdle)
        if life.drain == .none { consider(life.startedAt, limits.connectionMaxAge) }
        if case .announced(let since) = life.drain { consider(since, Self.drainRoundTrip) }
        if let ping = life.keepalivePingAt {
            consider(ping, limits.keepaliveTimeout)
        } else {
            consider(life.lastRead, limits.keepaliveInterval)
            if !streams.isEmpty, !life.isQuietChecked {
                consider(max(life.lastRead, life.lastOpened), limits.quietInterval)
            }
        }
        if let idle = limits.streamIdle, !streams.isEmpty {
            due = min(due, now + .nanoseconds(max(idle.nanoseconds / 4, 10_000_000)))
        }
        if isCongested || retained > 0 {
            due = min(due, now + stallCheckInterval)
        }
        return max(due, now + .milliseconds(1))
    }

    private var stallCheckInterval: TimeAmount {
        let shortest = min(limits.transportStall.nanoseconds, limits.streamStall.nanoseconds) / 8
        return .nanoseconds(min(max(shortest, 20_000_000), 5_000_000_000))
    }

    // MARK: Checks

    private func checkClosing(now: NIODeadline) {
        if let closing = life.closingSince, now >= closing + Self.closeGrace { close() }
        if case .announced(let since) = life.drain, now >= since + Self.drainRoundTrip { finishDrain() }
    }

    /// The step of the connection's start that is still open, and since when.
    private var handshakeLimit: LimitName? {
        if role == .server, !parser.hasSeenPreface { return .preface }
        if !life.isReady { return .firstSettings }
        return life.settingsAcknowledged ? nil : .settingsAcknowledgement
    }

    private var handshakeSince: NIODeadline? {
        handshakeLimit == .preface ? life.startedAt : life.prefaceAt ?? life.startedAt
    }

    private func checkHandshake(now: NIODeadline) throws(ConnectionFault) {
        guard life.closingSince == nil else { return }
        if let limit = handshakeLimit, let since = handshakeSince, now >= since + limits.time(of: limit) {
            throw ConnectionFault(
                code: .settingsTimeout, reason: "too slow: " + limit.rawValue, limit: limit)
        }
        if let since = life.headerBlockSince, now >= since + limits.headerBlock { throw .limit(.headerBlock) }
    }

    private func checkKeepalive(now: NIODeadline) throws(ConnectionFault) {
        guard life.closingSince == nil else { return }
        if let ping = life.keepalivePingAt {
            if life.lastRead > ping {
                life.keepalivePingAt = nil
            } else if now >= ping + limits.keepaliveTimeout {
                throw ConnectionFault(
                    code: .noError, reason: "a keepalive PING was not answered", limit: .keepaliveTimeout)
            }
        } else if let quiet = limits.quietInterval, !streams.isEmpty, !life.isQuietChecked,
            now >= max(life.lastRead, life.lastOpened) + quiet
        {
            // One PING for each silence: a slow query is asked once, and servers count PINGs that come without data.
            life.isQuietChecked = true
            sendKeepalivePing(now: now)
        } else if now >= life.lastRead + limits.keepaliveInterval, role == .server || !streams.isEmpty {
            sendKeepalivePing(now: now)
        } else if now >= life.lastRead + limits.keepaliveInterval {
            life.lastRead = now
        }
    }

    /// Asks the peer for a sign of life; without one the connection ends after `keepaliveTimeout`.
    func sendKeepalivePing(now: NIODeadline = .now()) {
        guard life.keepalivePingAt == nil, !life.isClosing else { return }
        life.keepalivePingAt = now
        writeControlOrFail { $0.writePing(Self.keepalivePing, acknowledges: false) }
        scheduleHousekeeping(now: now)
    }

    /// A transport that takes nothing, and from which nothing comes, is dead or hostile.
    private func checkTransport(now: NIODeadline) throws(ConnectionFault) {
        guard isCongested, let since = life.congestedSince else { return }
        let waiting = (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        if waiting != life.congestedBytes || life.lastRead > since {
            life.congestedBytes = waiting
            life.congestedSince = now
        } else if now >= since + limits.transportStall {
            life.fault = .limit(.transportStall)
            close()
        }
    }

    private func checkStreams(now: NIODeadline) {
        endIdleStreams(now: now)
        let progress = limits.streamStallProgress
        var longest: (stream: HTTP2Stream, time: TimeAmount)?
        for stream in streams.values {
            let isBlocked = !stream.queue.isEmpty
            guard let time = stream.stall.check(isBlocked: isBlocked, progress: progress, now: now) else { continue }
            if time > longest?.time ?? .nanoseconds(-1) { longest = (stream, time) }
        }
        guard let longest else { return }
        let isShort = loop.budget.isTight || retained > limits.retainedBytes
        let patience = isShort ? min(limits.streamStall, StallClock.interval) : limits.streamStall
        guard longest.time >= patience else { return }
        closeForLimit(longest.stream, .streamStall)
        // The others that are over time go in the next rounds, soon.
        timer?.bringForward(to: now + .milliseconds(10), now: now)
    }

    private func endIdleStreams(now: NIODeadline) {
        guard let limit = limits.streamIdle else { return }
        forEachStream { stream in
            guard stream.idle.check(activity: stream.activity, now: now) >= limit else { return }
            closeForLimit(stream, .streamIdle)
        }
    }

    private func checkAge(now: NIODeadline) {
        guard life.closingSince == nil else { return }
        if let idle = life.idleSince, now >= idle + limits.connectionIdle { drain() }
        guard let maxAge = limits.connectionMaxAge, let start = life.startedAt else { return }
        if now >= start + maxAge { drain() }
        if now >= start + maxAge + limits.ageGrace {
            fail(ConnectionFault(code: .noError, reason: "the connection's time is over", limit: .connectionMaxAge))
        }
    }
}

extension HTTP2Limits {
    /// The time that a step of the connection's start may take.
    fileprivate func time(of limit: LimitName) -> TimeAmount {
        switch limit {
        case .preface: preface
        case .firstSettings: firstSettings
        default: settingsAcknowledgement
        }
    }
}
