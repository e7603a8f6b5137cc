internal import Synchronization

/// Whose use is counted under what.
package struct UsageKey: Sendable, Hashable {
    /// The rule that gives the limits.
    package let rule: String
    /// The caller, qualified.
    package let subject: String

    package init(rule: String, subject: String) {
        self.rule = rule
        self.subject = subject
    }
}

/// The accounts of all callers of a process. It outlives configurations: a reload gives nobody a new quota.
package final class UsageLedger: Sendable {
    /// Accounts that are kept; beyond it those go that say nothing, and when none does, new callers share one for each rule.
    private let capacity: Int
    private let accounts = Mutex<[UsageKey: UsageAccount]>([:])

    package init(capacity: Int = 100_000) {
        self.capacity = capacity
    }

    /// The account of a caller under a rule. Looked up once for each call that has limits.
    ///
    /// - Parameter today: days since 1970 (UTC).
    package func account(_ key: UsageKey, today: Int) -> UsageAccount {
        accounts.withLock { accounts in
            if let account = accounts[key] { return account }
            if accounts.count >= capacity {
                accounts = accounts.filter { $0.subject.isEmpty || !$1.isIdle(today: today) }
            }
            // Nobody gets around a limit by being many.
            let key = accounts.count < capacity ? key : UsageKey(rule: key.rule, subject: "")
            let account = accounts[key] ?? UsageAccount()
            accounts[key] = account
            return account
        }
    }

    package var count: Int { accounts.withLock { $0.count } }
}
