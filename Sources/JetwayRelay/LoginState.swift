/// How far a pool's login at its upstream is.
enum LoginState: Equatable {
    /// The upstream wants none.
    case notNeeded
    /// There is no token, and nobody asks for one.
    case missing
    /// There is no token; one is asked for.
    case asking
    /// There is a token.
    case valid
    /// There is a token, which is due for renewal.
    case due
    /// There is a token, and a new one is asked for.
    case renewing

    /// Calls may go.
    var isReady: Bool {
        switch self {
        case .notNeeded, .valid, .due, .renewing: true
        case .missing, .asking: false
        }
    }

    /// A handshake should begin.
    var wantsLogin: Bool { self == .missing || self == .due }

    mutating func begin() {
        switch self {
        case .missing: self = .asking
        case .due: self = .renewing
        case .notNeeded, .asking, .valid, .renewing: break
        }
    }

    mutating func fail() {
        switch self {
        case .asking: self = .missing
        case .renewing: self = .due
        case .notNeeded, .missing, .valid, .due: break
        }
    }

    mutating func expire() {
        if self == .valid { self = .due }
    }
}
