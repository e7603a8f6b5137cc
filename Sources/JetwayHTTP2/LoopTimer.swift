package import NIOCore

/// A timer of one event loop that costs O(1) to set and to cancel, made for thousands that mostly never fire.
///
/// It may fire late by up to 1/32 of its delay (at least 8 ms): far-off timers share their wake-ups.
package final class LoopTimer {
    fileprivate let wheel: TimerWheel
    fileprivate let fire: () -> Void
    fileprivate var tick: UInt64 = 0
    fileprivate var slot = -1
    fileprivate var next: LoopTimer?
    fileprivate unowned(unsafe) var previous: LoopTimer?
    /// When it is due; nil while it is not set.
    package private(set) var deadline: NIODeadline?

    /// - Parameter fire: runs on the loop; it is kept as long as the timer.
    package init(on wheel: TimerWheel, fire: @escaping () -> Void) {
        self.wheel = wheel
        self.fire = fire
    }

    /// Sets the timer, or moves it.
    package func schedule(at deadline: NIODeadline, now: NIODeadline = .now()) {
        cancel()
        self.deadline = deadline
        wheel.insert(self, deadline: deadline, now: now)
    }

    /// Sets the timer if it is not set, or set for later than `deadline`.
    package func bringForward(to deadline: NIODeadline, now: NIODeadline = .now()) {
        if let current = self.deadline, current <= deadline { return }
        schedule(at: deadline, now: now)
    }

    package func cancel() {
        guard deadline != nil else { return }
        deadline = nil
        wheel.remove(self)
    }

    fileprivate func expire() {
        deadline = nil
        fire()
    }
}

/// The timers of one event loop: a hashed wheel of 512 slots of 8 ms, advanced only when a slot in use is due.
package final class TimerWheel {
    private static let slots = 512
    private static let tickNanoseconds: UInt64 = 8_000_000

    private let loop: any EventLoop
    private var heads: [LoopTimer?] = Array(repeating: nil, count: TimerWheel.slots)
    private var count = 0
    private var lastTick: UInt64
    private var wakeTick: UInt64 = .max

    package init(loop: any EventLoop) {
        self.loop = loop
        self.lastTick = NIODeadline.now().uptimeNanoseconds / Self.tickNanoseconds
    }

    fileprivate func insert(_ timer: LoopTimer, deadline: NIODeadline, now: NIODeadline) {
        timer.tick = max(tick(for: deadline, now: now), lastTick + 1)
        let slot = Int(timer.tick % UInt64(Self.slots))
        timer.slot = slot
        timer.previous = nil
        timer.next = heads[slot]
        heads[slot]?.previous = timer
        heads[slot] = timer
        count += 1
        wake(at: timer.tick)
    }

    /// Rounds up, coarser for what is far away.
    private func tick(for deadline: NIODeadline, now: NIODeadline) -> UInt64 {
        let exact = (deadline.uptimeNanoseconds &+ Self.tickNanoseconds - 1) / Self.tickNanoseconds
        let distance = exact &- now.uptimeNanoseconds / Self.tickNanoseconds
        guard deadline > now, distance >= 64 else { return exact }
        let shift = min(UInt64(63 - distance.leadingZeroBitCount) - 5, 8)
        return ((exact >> shift) + 1) << shift
    }

    fileprivate func remove(_ timer: LoopTimer) {
        guard timer.slot >= 0 else { return }
        if let previous = timer.previous {
            previous.next = timer.next
        } else {
            heads[timer.slot] = timer.next
        }
        timer.next?.previous = timer.previous
        timer.next = nil
        timer.previous = nil
        timer.slot = -1
        count -= 1
    }

    private func wake(at tick: UInt64) {
        guard tick < wakeTick else { return }
        wakeTick = tick
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(deadline: .uptimeNanoseconds(tick * Self.tickNanoseconds)) {
            bound.value.advance(scheduledFor: tick)
        }
    }

    private func advance(scheduledFor tick: UInt64) {
        guard tick == wakeTick else { return }
        wakeTick = .max
        let now = max(NIODeadline.now().uptimeNanoseconds / Self.tickNanoseconds, tick)
        let from = max(lastTick + 1, now >= UInt64(Self.slots) ? now - UInt64(Self.slots) + 1 : 0)
        lastTick = max(lastTick, now)
        if from <= now {
            for passed in from...now {
                expire(slot: Int(passed % UInt64(Self.slots)), now: now)
            }
        }
        scheduleNext()
    }

    private func expire(slot: Int, now: UInt64) {
        var due: [LoopTimer] = []
        var cursor = heads[slot]
        while let timer = cursor {
            cursor = timer.next
            if timer.tick <= now { due.append(timer) }
        }
        for timer in due {
            // An earlier timer's action may have cancelled or moved a later one.
            guard timer.slot == slot, timer.tick <= now else { continue }
            remove(timer)
            timer.expire()
        }
    }

    private func scheduleNext() {
        guard count > 0 else { return }
        for distance in 1...UInt64(Self.slots) where heads[Int((lastTick + distance) % UInt64(Self.slots))] != nil {
            wake(at: lastTick + distance)
            return
        }
    }
}
