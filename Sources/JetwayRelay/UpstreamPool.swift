internal import FlightProtocol
internal import JetwayCore
internal import JetwayHTTP2
internal import Logging
internal import NIOCore
internal import NIOHPACK

/// The connections of one event loop to one upstream, and the calls that wait for one.
final class UpstreamPool: HTTP2ConnectionOwner {
    /// Connections that are set up at the same time.
    private static let connectingLimit = 8
    /// Between a login and the next.
    private static let loginPause = TimeAmount.seconds(1)

    private(set) var rules: UpstreamHeaderRules
    /// Writes who calls for this upstream; nil if it does not want to know.
    let identity: (any PrincipalFields)?
    let fingerprint: String
    private let settings: UpstreamSettings
    private let connector: UpstreamConnector
    private unowned let loop: RelayLoop
    private let limits: RelayLimits

    private var connections: [HTTP2Connection] = []
    /// Connections whose transport or whose first SETTINGS are still to come.
    private var settingUp: [HTTP2Connection] = []
    private var connecting: Int { settingUp.count }
    private var active: LeasedCount
    private var waiting: [WaitingCall] = []
    private var waitTimer: LoopTimer?
    private var retry: ReconnectSchedule
    private var retryTimer: LoopTimer?
    private var isReachable: Bool?
    private var isClosed = false
    /// Another configuration has taken its place: it lives for the calls that began before.
    private var isRetired = false
    private var login: LoginState
    private var loginTimer: LoopTimer?
    private var loginFailure: String?
    private var loginNotBefore = NIODeadline.distantPast
    /// Until then a refused call is not the token's fault: it is new.
    private var tokenIsNewUntil = NIODeadline.distantPast

    init(settings: UpstreamSettings, loop: RelayLoop, activeCalls: SharedCount) {
        self.settings = settings
        self.connector = settings.connector
        self.fingerprint = settings.fingerprint
        self.loop = loop
        self.limits = settings.limits
        self.rules = UpstreamHeaderRules(settings: settings, token: nil)
        if case .identity(let make) = settings.credentials { identity = make() } else { identity = nil }
        if case .login = settings.credentials { login = .missing } else { login = .notNeeded }
        self.active = LeasedCount(activeCalls)
        self.retry = ReconnectSchedule()
    }

    // MARK: Calls

    /// Opens the call's upstream stream, now or as soon as a connection takes it; or fails the call.
    func acquire(for call: RelayCall) {
        guard !loop.http2.budget.isTight else {
            return call.fail(
                Rejection(.unavailable, "the gateway is out of memory for calls", reason: "retainedMemory"))
        }
        guard active.take() else {
            return call.fail(Rejection(.unavailable, "too many calls to the upstream", reason: "activeCalls"))
        }
        call.pool = self
        if waiting.isEmpty, login.isReady,
            let connection = connections.first(where: { $0.canOpenStream && $0.hasRoom })
        {
            return call.open(on: connection)
        }
        if let reason = login.isReady ? nil : loginFailure, loginNotBefore > .now() {
            return call.fail(FailureMap.noLogin(reason: reason))
        }
        guard waiting.count < limits.pendingCalls else {
            return call.fail(Rejection(.unavailable, "too many calls wait for the upstream", reason: "pendingCalls"))
        }
        // Not from its coming on: who had to prove a password may have needed longer than that alone.
        waiting.append(WaitingCall(call: call, end: .now() + limits.pendingTime))
        armWaitTimer()
        logInIfNeeded()
        connectIfNeeded()
    }

    /// A call that was acquired has ended.
    func release() {
        active.give()
    }

    /// A call that waits has ended.
    func abandon(_ call: RelayCall) {
        waiting.removeAll { $0.call === call }
        endIfRetired()
    }

    private func serveWaiting() {
        // A call leaves the row before it is opened: it may end in that very moment.
        while !waiting.isEmpty, login.isReady,
            let connection = connections.first(where: { $0.canOpenStream && $0.hasRoom })
        {
            waiting.removeFirst().call.open(on: connection)
        }
        endIfRetired()
    }

    /// Calls stand in the order in which they began to wait, so that the first is the first whose time is over.
    private func armWaitTimer() {
        guard let first = waiting.first else { return }
        let timer = waitTimer ?? LoopTimer(on: loop.http2.timers) { [weak self] in self?.expireWaiting() }
        waitTimer = timer
        timer.bringForward(to: first.end)
    }

    private func expireWaiting() {
        let now = NIODeadline.now()
        let reason = retry.lastFailure ?? "no connection became free in time"
        while let first = waiting.first, first.end <= now {
            waiting.removeFirst()
            first.call.fail(FailureMap.noConnection(reason: reason))
        }
        armWaitTimer()
        endIfRetired()
    }

    // MARK: Connections

    /// Sets up a connection before the first call asks for one, and says so when that fails.
    func warm() {
        if connections.isEmpty, connecting == 0 { connect() }
    }

    private func connectIfNeeded() {
        guard !isClosed, !waiting.isEmpty else { return }
        // An upstream that takes no streams at all takes none on further connections either.
        if let last = connections.last(where: { $0.acceptsStreams }), last.maxOpenStreams == 0 { return }
        let perConnection = connections.last(where: { $0.acceptsStreams })?.maxOpenStreams ?? waiting.count
        let wanted = (waiting.count + max(1, perConnection) - 1) / max(1, perConnection)
        while connecting < min(wanted, Self.connectingLimit),
            connections.count + connecting < limits.upstreamConnections
        {
            guard let delay = retry.delay(now: .now()) else {
                connect()
                continue
            }
            return retryLater(delay)
        }
    }

    private func retryLater(_ delay: TimeAmount) {
        let timer = retryTimer ?? LoopTimer(on: loop.http2.timers) { [weak self] in self?.retryNow() }
        retryTimer = timer
        timer.bringForward(to: .now() + delay)
    }

    private func retryNow() {
        guard !isClosed else { return }
        guard waiting.isEmpty else { return connectIfNeeded() }
        if isReachable == false, connections.isEmpty, !isRetired { warm() }
    }

    private func connect() {
        let connection = HTTP2Connection(
            role: .client, limits: limits.upstream, loop: loop.http2, owner: self,
            readsFromPool: !connector.endpoint.usesTLS)
        settingUp.append(connection)
        let attempt = connector.connect(connection, on: loop.eventLoop)
        attempt.assumeIsolated().whenComplete { [self] result in
            switch result {
            case .success:
                // It counts as connecting until the upstream's SETTINGS are here: only then is it known to speak HTTP/2.
                if isClosed { connection.close() }
                endIfRetired()
            case .failure(let error):
                settingUp.removeAll { $0 === connection }
                failed(UpstreamConnector.describe(error))
            }
        }
    }

    private func failed(_ reason: String) {
        guard !isClosed else { return }
        retry.failed(reason, now: .now())
        if isReachable != false {
            isReachable = false
            loop.logger.warning(
                "upstream cannot be reached; trying again",
                metadata: ["upstream": "\(connector.endpoint)", "reason": "\(reason)"])
        }
        if connecting == 0, !connections.contains(where: \.acceptsStreams) {
            let calls = waiting
            waiting = []
            for one in calls { one.call.fail(FailureMap.noConnection(reason: reason)) }
        }
        guard !isRetired || !waiting.isEmpty else { return endIfRetired() }
        if connections.isEmpty, let delay = retry.delay(now: .now()) { retryLater(delay) }
    }

    /// At once, or when the last call has ended that began before: some of them may only be on their way here.
    func close(immediately: Bool) {
        guard immediately else {
            isRetired = true
            return endIfRetired()
        }
        isClosed = true
        retryTimer?.cancel()
        loginTimer?.cancel()
        for connection in connections + settingUp { connection.close() }
    }

    /// Connections that no call waits for end with their last call.
    private func endIfRetired() {
        guard isRetired, waiting.isEmpty else { return }
        retryTimer?.cancel()
        loginTimer?.cancel()
        for connection in connections + settingUp { connection.drain() }
    }

    // MARK: Login

    /// The upstream did not take the token of a login: the next calls wait for a new one. An upstream that refuses a new
    /// token means the call, and would mean it with the next token, too.
    func loginWasRefused(_ refused: UpstreamHeaderRules.Generation) {
        guard login == .valid || login == .due, rules.generation == refused, tokenIsNewUntil <= .now() else { return }
        login = .missing
        logInIfNeeded()
    }

    /// Asks for a token, if one is wanted and there is a connection to ask on.
    private func logInIfNeeded() {
        guard case .login(let settings) = self.settings.credentials, login.wantsLogin, !isClosed,
            loginNotBefore <= .now(), let connection = connections.first(where: { $0.canOpenStream })
        else { return }
        login.begin()
        let attempt = UpstreamLogin(settings: settings, endpoint: connector.endpoint) { [weak self] result in
            self?.loginEnded(result, lifetime: settings.lifetime)
        }
        attempt.start(on: connection)
    }

    private func loginEnded(_ result: Result<HPACKHeaders, UpstreamLogin.Failure>, lifetime: TimeAmount) {
        guard !isClosed else { return }
        switch result {
        case .success(let token):
            rules = UpstreamHeaderRules(settings: settings, token: token)
            login = .valid
            loginFailure = nil
            tokenIsNewUntil = .now() + Self.loginPause
            renewLogin(in: lifetime)
            serveLater()
        case .failure(let failure):
            login.fail()
            loginFailure = failure.reason
            loginNotBefore = .now() + Self.loginPause
            loop.logger.warning(
                "login at the upstream failed",
                metadata: ["upstream": "\(settings.name)", "reason": "\(failure.reason)"])
            guard !login.isReady else { return renewLogin(in: Self.loginPause) }
            // Calls that waited for it end now; the first one behind the pause tries again.
            let calls = waiting
            waiting = []
            for one in calls { one.call.fail(FailureMap.noLogin(reason: failure.reason)) }
            endIfRetired()
        }
    }

    /// A token is renewed while the old one still holds.
    private func renewLogin(in time: TimeAmount) {
        guard !isRetired else { return }
        let timer = loginTimer ?? LoopTimer(on: loop.http2.timers) { [weak self] in self?.loginIsDue() }
        loginTimer = timer
        timer.schedule(at: .now() + time)
    }

    private func loginIsDue() {
        login.expire()
        logInIfNeeded()
        // No connection had room for it.
        if login.wantsLogin { renewLogin(in: Self.loginPause) }
    }

    /// A stream ends in the middle of an event of its connection; the next one begins after it.
    private func serveLater() {
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        loop.eventLoop.execute {
            bound.value.logInIfNeeded()
            bound.value.serveWaiting()
            bound.value.connectIfNeeded()
        }
    }

    // MARK: Events of the connections

    func connectionBecameReady(_ connection: HTTP2Connection) {
        guard let index = settingUp.firstIndex(where: { $0 === connection }) else { return }
        settingUp.remove(at: index)
        connections.append(connection)
        retry.succeeded()
        if isReachable != true {
            if isReachable == false {
                loop.logger.notice("upstream is reachable again", metadata: ["upstream": "\(connector.endpoint)"])
            }
            isReachable = true
        }
        logInIfNeeded()
        serveWaiting()
        connectIfNeeded()
    }

    func connectionCapacityChanged(_ connection: HTTP2Connection) {
        guard !waiting.isEmpty else { return }
        serveLater()
    }

    func connectionIsDraining(_ connection: HTTP2Connection) {
        // It stays in the list for its open calls, and is passed over for new ones.
        connectIfNeeded()
    }

    func connectionClosed(_ connection: HTTP2Connection, fault: ConnectionFault?) {
        if let index = connections.firstIndex(where: { $0 === connection }) {
            connections.remove(at: index)
            connectIfNeeded()
        } else if let index = settingUp.firstIndex(where: { $0 === connection }) {
            settingUp.remove(at: index)
            failed(fault?.reason ?? connection.closeReason)
        }
    }

    func connection(_ connection: HTTP2Connection, opened stream: HTTP2Stream, head: HeaderList, endStream: Bool) {
        // Servers open no streams: push is off.
        stream.reset(.refusedStream)
    }
}

/// A call that waits for a connection.
private struct WaitingCall {
    let call: RelayCall
    /// Until when.
    let end: NIODeadline
}

/// When the next attempt to connect may be made: at once after a success, with growing gaps after failures.
struct ReconnectSchedule: Equatable, Sendable {
    private static let first = TimeAmount.milliseconds(50)
    private static let longest = TimeAmount.seconds(1)

    private var gap = TimeAmount.zero
    private var notBefore = NIODeadline.distantPast
    private(set) var lastFailure: String?

    /// How long to wait; nil: an attempt may be made now.
    func delay(now: NIODeadline) -> TimeAmount? {
        now < notBefore ? notBefore - now : nil
    }

    mutating func failed(_ reason: String, now: NIODeadline) {
        lastFailure = reason
        gap = gap == .zero ? Self.first : min(gap + gap, Self.longest)
        notBefore = now + gap
    }

    mutating func succeeded() {
        self = ReconnectSchedule()
    }
}
