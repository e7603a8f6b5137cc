#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// One thing that is wrong with a file of TLS.
package struct TLSFileProblem: Error, Equatable, Sendable {
    package enum Role: String, Sendable {
        case certificate
        case key
        case authority = "CA"
    }

    package var role: Role
    /// The file; nil if there is none and has to be.
    package var path: String?
    /// What is wrong.
    package var problem: String
    /// What to do about it.
    package var hint: String?
    /// Whether it works all the same.
    package var isWarning: Bool

    init(_ role: Role, _ path: String?, _ problem: String, hint: String? = nil, isWarning: Bool = false) {
        self.role = role
        self.path = path
        self.problem = problem
        self.hint = hint
        self.isWarning = isWarning
    }

    static let noCertificate = TLSFileProblem(.certificate, nil, "TLS needs a certificate")
    static let noAuthority = TLSFileProblem(
        .authority, nil, "clients' certificates cannot be verified without a CA", hint: "set clientCA")

    /// Reads a file, and says why it cannot be read.
    static func reading<T>(_ role: Role, _ path: String, _ body: (String) throws -> T) throws(TLSFileProblem) -> T {
        // The TLS library says of a file that it may not read that there is no certificate in it.
        guard access(path, R_OK) == 0 else { throw TLSFileProblem(role, path, String(cString: strerror(errno))) }
        do {
            return try body(path)
        } catch {
            throw TLSFileProblem(role, path, FlightProblem.describe(error))
        }
    }
}

extension FlightProblem {
    /// `ROLE FILE: PROBLEM`
    init(_ problem: TLSFileProblem) {
        self.init(problem.path.map { "\(problem.role.rawValue) \($0): \(problem.problem)" } ?? problem.problem)
    }
}
