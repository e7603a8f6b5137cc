#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// A point in time by the wall clock, in whole seconds since 1970 (UTC): what credentials are valid until.
package struct UnixTime: Sendable, Hashable, Comparable {
    package var seconds: Int64

    package init(seconds: Int64) {
        self.seconds = seconds
    }

    package static func now() -> UnixTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UnixTime(seconds: Int64(time.tv_sec))
    }

    package static func < (left: UnixTime, right: UnixTime) -> Bool { left.seconds < right.seconds }

    /// Saturates instead of overflowing: the seconds may come from a peer.
    package static func + (time: UnixTime, seconds: Int64) -> UnixTime {
        let (sum, overflow) = time.seconds.addingReportingOverflow(seconds)
        return UnixTime(seconds: overflow ? (seconds < 0 ? .min : .max) : sum)
    }

    /// The seconds from `earlier` to `later`, saturated.
    package static func - (later: UnixTime, earlier: UnixTime) -> Int64 {
        let (difference, overflow) = later.seconds.subtractingReportingOverflow(earlier.seconds)
        return overflow ? (later.seconds < 0 ? .min : .max) : difference
    }
}
