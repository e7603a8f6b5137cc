/// Decides from what is seen of files, look after look, when a change is over and has to be told.
///
/// A change is told once the files were the same for one further look: whoever writes several files, or one in several pieces, is
/// done by then, or is not and is waited for.
struct FileChanges<Snapshot: Equatable> {
    /// What was taken notice of last.
    private(set) var known: Snapshot
    /// What the last look saw, if it is not that.
    private var pending: Snapshot?

    init(_ snapshot: Snapshot) {
        known = snapshot
    }

    /// - Returns: whether there is a change to tell.
    mutating func look(_ snapshot: Snapshot) -> Bool {
        guard snapshot != known else {
            pending = nil
            return false
        }
        guard snapshot == pending else {
            pending = snapshot
            return false
        }
        known = snapshot
        pending = nil
        return true
    }
}
