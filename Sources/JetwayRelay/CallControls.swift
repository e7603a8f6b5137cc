internal import FlightProtocol
internal import JetwayCore
internal import JetwayHTTP2
internal import NIOCore

/// What only calls with limits or filters have: the walk from message to message, the credit that waits, the filter.
final class CallControls {
    private let governor: (any CallGovernor)?
    private var filter: FilteredMessages?
    private var requestMessages = GRPCMessageWalker()
    private var responseMessages = GRPCMessageWalker()
    private var requestCredit: DelayedCredit?
    private var responseCredit: DelayedCredit?

    /// - Parameter timers: of the call's event loop.
    init(governor: (any CallGovernor)?, filter: (any ResponseFilter)?, timers: TimerWheel) {
        self.governor = governor
        self.filter = filter.map(FilteredMessages.init)
        if governor != nil {
            requestCredit = DelayedCredit(timers: timers)
            responseCredit = DelayedCredit(timers: timers)
        }
    }

    /// What of a chunk goes on, and what ends the call behind it.
    struct Passage {
        var data: ByteBuffer
        var end: Rejection?
    }

    // MARK: Messages

    /// Lets a chunk of the request pass message by message, counted in the meter as far as it goes on.
    func passRequest(_ data: ByteBuffer, meter: inout StreamMeter) -> Passage {
        pass(data, .request, walker: &requestMessages, meter: &meter)
    }

    /// The same for a response, of which only those messages go on that the filter lets.
    func passResponse(_ data: ByteBuffer, meter: inout StreamMeter) -> Passage {
        guard let filtered = filter?.pass(data) else {
            return pass(data, .response, walker: &responseMessages, meter: &meter)
        }
        var passage = pass(filtered.data, .response, walker: &responseMessages, meter: &meter)
        passage.end = passage.end ?? filtered.end
        return passage
    }

    private func pass(
        _ data: ByteBuffer, _ direction: CallDirection, walker: inout GRPCMessageWalker, meter: inout StreamMeter
    ) -> Passage {
        guard let governor else {
            meter.consume(data)
            return Passage(data: data, end: nil)
        }
        var counted = 0
        var offset = 0
        func count(to end: Int) {
            meter.consume(data.getSlice(at: data.readerIndex + counted, length: end - counted) ?? ByteBuffer())
            counted = end
        }
        while let piece = data.withUnsafeReadableBytes({ walker.nextPiece(of: $0, at: &offset) }) {
            if piece.isFirst, let end = governor.begins(direction, length: walker.currentLength) {
                return Passage(data: data.prefix(counted), end: end)
            }
            guard piece.isLast else { continue }
            let rows = meter.rows
            count(to: offset)
            let bytes = GRPCMessagePrefix.size + walker.currentLength
            if let end = governor.passed(direction, bytes: bytes, rows: meter.rows - rows) {
                return Passage(data: data.prefix(counted), end: end)
            }
        }
        count(to: data.readableBytes)
        return Passage(data: data, end: nil)
    }

    // MARK: Credit

    /// A filter sends on less than it gets, or more at once than it has just got: what is owed to the upstream, and what of it
    /// is still on its way to the client, are not the same bytes.
    private var owed = 0
    private var underway = 0

    /// What can be paid back at once of a chunk of the response.
    func creditOfResponse(received: Int, sent: Int) -> Int {
        owed += received
        underway += sent
        return settle()
    }

    /// What can be paid back of bytes that have left for the client.
    func creditOfResponse(delivered: Int) -> Int {
        underway -= delivered
        return settle()
    }

    private func settle() -> Int {
        let credit = max(0, owed - underway)
        owed -= credit
        return credit
    }

    /// Gives credit back for bytes that have left, now or when the call's rate allows more.
    func release(_ bytes: Int, _ direction: CallDirection, give: @escaping (Int) -> Void) {
        let credit = direction == .request ? requestCredit : responseCredit
        guard let governor, let credit else { return give(bytes) }
        let now = NIODeadline.now()
        credit.release(bytes, in: governor.pace(direction, bytes: bytes, now: now), now: now, give: give)
    }

    func ended() {
        requestCredit?.cancel()
        responseCredit?.cancel()
        governor?.ended()
    }
}

/// Credit that waits for its time. All of it goes at once when that has come.
private final class DelayedCredit {
    private let timers: TimerWheel
    private var owed = 0
    private var give: ((Int) -> Void)?
    private var timer: LoopTimer?

    init(timers: TimerWheel) {
        self.timers = timers
    }

    func release(_ bytes: Int, in delay: TimeAmount, now: NIODeadline, give: @escaping (Int) -> Void) {
        guard delay > .zero || owed > 0 else { return give(bytes) }
        owed += bytes
        self.give = give
        let timer = timer ?? LoopTimer(on: timers) { [weak self] in self?.pay() }
        self.timer = timer
        // Later bytes have a later time: what waits already goes then, too, so that the rate holds.
        timer.schedule(at: now + delay, now: now)
    }

    private func pay() {
        let bytes = owed
        owed = 0
        give.take()?(bytes)
    }

    func cancel() {
        timer?.cancel()
        give = nil
    }
}

/// The messages of a response that a filter lets pass, put together again from chunks that are cut anywhere.
private final class FilteredMessages {
    private let filter: any ResponseFilter
    private var assembler: GRPCMessageAssembler
    private var failure: Rejection?

    init(_ filter: any ResponseFilter) {
        self.filter = filter
        assembler = GRPCMessageAssembler(limit: filter.messageLimit)
    }

    func pass(_ data: ByteBuffer) -> CallControls.Passage {
        var passed = ByteBuffer()
        do {
            try assembler.consume(data) { message in
                guard failure == nil else { return }
                do throws(Rejection) {
                    guard try filter.passes(message) else { return }
                    passed.writeGRPCMessagePrefix(GRPCMessagePrefix(length: UInt32(clamping: message.readableBytes)))
                    passed.writeImmutableBuffer(message)
                } catch {
                    failure = error
                }
            }
        } catch {
            failure = Rejection(.internal, "an answer cannot be filtered", reason: "\(error)", side: .upstream)
        }
        return CallControls.Passage(data: passed, end: failure)
    }
}

extension ByteBuffer {
    /// The first of the readable bytes.
    fileprivate func prefix(_ count: Int) -> ByteBuffer {
        getSlice(at: readerIndex, length: count) ?? ByteBuffer()
    }
}

@available(*, unavailable)
extension CallControls: Sendable {}
