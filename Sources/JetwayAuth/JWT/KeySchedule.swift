internal import JetwayCore

/// When keys are fetched again. Decides only; `RemoteKeys` carries it out.
///
/// * Keys in use are renewed once they are older than `refresh`, while they go on being used.
/// * A key id that is not known is a reason to fetch at most once per `cooldown`, however many tokens have one.
/// * Whatever the reason is, after a fetch that failed there is none for `cooldown`.
/// * Keys older than `maxStale` are not used.
struct KeySchedule: Hashable, Sendable {
    /// What a token waits for.
    enum Step: Hashable {
        case use
        /// Fetches again beside.
        case useAndRefresh
        /// Starts a fetch and waits for its end.
        case refreshAndWait
        /// Waits for the fetch that is under way.
        case wait
        /// There are no keys, or none that are fresh enough.
        case refuse
    }

    let refresh: Int64
    let cooldown: Int64
    let maxStale: Int64
    /// When the fetch that the keys came from was started.
    private(set) var loaded: UnixTime?
    private(set) var isRefreshing = false
    private var failed: UnixTime?
    private var searched: UnixTime?

    init(settings: JWTSettings) {
        refresh = settings.refreshSeconds
        cooldown = settings.cooldownSeconds
        maxStale = settings.maxStaleSeconds
    }

    /// The same with other settings, for keys that are taken over; a fetch that is under way is not.
    func adopted(settings: JWTSettings) -> KeySchedule {
        var schedule = KeySchedule(settings: settings)
        (schedule.loaded, schedule.failed, schedule.searched) = (loaded, failed, searched)
        return schedule
    }

    /// - Parameters:
    ///   - hasKey: the token's key is among those in use.
    ///   - hasWaited: this token has waited for a fetch already: it does not start another.
    mutating func next(now: UnixTime, hasKey: Bool, hasWaited: Bool) -> Step {
        guard let age = age(now), age <= maxStale else { return fetch(now, hasWaited: hasWaited, orElse: .refuse) }
        guard !hasKey else {
            guard age > refresh, !isRefreshing, !isCooling(failed, now) else { return .use }
            isRefreshing = true
            return .useAndRefresh
        }
        guard !isRefreshing else { return hasWaited ? .use : .wait }
        guard !isCooling(searched, now) else { return .use }
        let step = fetch(now, hasWaited: hasWaited, orElse: .use)
        if step == .refreshAndWait { searched = now }
        return step
    }

    /// The fetch that was started at a time has ended.
    mutating func finished(startedAt start: UnixTime, succeeded: Bool) {
        isRefreshing = false
        if succeeded { loaded = start }
        failed = succeeded ? nil : start
    }

    /// Until when a verdict from the cache needs no look at the schedule.
    var quietUntil: UnixTime {
        guard let loaded else { return UnixTime(seconds: .min) }
        let due = loaded + refresh
        // While the issuer does not answer, verdicts go on without a look until the next fetch may be tried.
        return min(loaded + maxStale, max(due, failed.map { $0 + cooldown } ?? due))
    }

    private mutating func fetch(_ now: UnixTime, hasWaited: Bool, orElse step: Step) -> Step {
        guard !hasWaited else { return step }
        guard !isRefreshing else { return .wait }
        guard !isCooling(failed, now) else { return step }
        isRefreshing = true
        return .refreshAndWait
    }

    /// Nil without keys. A clock that was put back makes keys old, not young.
    private func age(_ now: UnixTime) -> Int64? {
        guard let loaded else { return nil }
        let age = now - loaded
        return age >= 0 ? age : refresh + 1
    }

    private func isCooling(_ since: UnixTime?, _ now: UnixTime) -> Bool {
        guard let since else { return false }
        return (0..<cooldown).contains(now - since)
    }
}
