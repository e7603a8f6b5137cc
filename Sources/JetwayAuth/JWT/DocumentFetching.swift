/// Fetches a document over HTTPS; `Jetway` implements it.
package protocol DocumentFetching: Sendable {
    /// - Parameters:
    ///   - address: an `https` address.
    ///   - maxBytes: more than this is a problem, found while it arrives.
    ///   - timeout: for all of it.
    func fetch(_ address: String, maxBytes: Int, timeout: Duration) async throws(FetchProblem) -> [UInt8]
}

/// Why a document could not be fetched.
package enum FetchProblem: Error, Sendable, Hashable, CustomStringConvertible {
    case unreachable(String)
    case timedOut
    case status(Int)
    case redirected
    case tooLarge(maxBytes: Int)

    /// In words for the operator.
    package var description: String {
        switch self {
        case .unreachable(let reason): reason
        case .timedOut: "no answer in time"
        case .status(let code): "the answer has status \(code)"
        case .redirected: "the answer is a redirect, which is not followed: configure the address that it leads to"
        case .tooLarge(let maxBytes): "the document is larger than \(maxBytes) bytes"
        }
    }
}
