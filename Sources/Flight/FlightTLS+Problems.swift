internal import NIOSSL

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

extension FlightTLS {
    /// All that is wrong with a server's files, or dangerous.
    package static func problems(with settings: ServerSettings) -> [TLSFileProblem] {
        var problems = settings.certificates.flatMap(problems(with:))
        if settings.certificates.isEmpty { problems.append(.noCertificate) }
        guard settings.clientCertificate != .none else { return problems }
        if let authority = settings.clientCA {
            _ = note(in: &problems) { () throws(TLSFileProblem) in
                try TLSIdentity.certificates(in: authority, .authority)
            }
        } else {
            problems.append(.noAuthority)
        }
        return problems
    }

    private static func problems(with files: ServerSettings.Identity) -> [TLSFileProblem] {
        var problems: [TLSFileProblem] = []
        let chain = note(in: &problems) { () throws(TLSFileProblem) in
            try TLSIdentity.certificates(in: files.certificate, .certificate)
        }
        if let leaf = chain?.first, let problem = validity(of: leaf, in: files.certificate) { problems.append(problem) }
        let key = note(in: &problems) { () throws(TLSFileProblem) in try TLSIdentity.privateKey(in: files.key) }
        if let chain, let key {
            _ = note(in: &problems) { () throws(TLSFileProblem) in
                try TLSIdentity(chain, of: files.certificate, key: key, of: files.key)
            }
        }
        if let problem = exposure(of: files.key) { problems.append(problem) }
        return problems
    }

    private static func note<T>(
        in problems: inout [TLSFileProblem], _ body: () throws(TLSFileProblem) -> T
    ) -> T? {
        do throws(TLSFileProblem) {
            return try body()
        } catch {
            problems.append(error)
            return nil
        }
    }

    private static func validity(of certificate: NIOSSLCertificate, in file: String) -> TLSFileProblem? {
        let now = time(nil)
        if certificate.notValidAfter < now {
            return TLSFileProblem(
                .certificate, file, "it expired on \(date(certificate.notValidAfter))", hint: "renew it")
        }
        if certificate.notValidBefore > now {
            return TLSFileProblem(
                .certificate, file, "it is not valid before \(date(certificate.notValidBefore))",
                hint: "look at this machine's clock")
        }
        return nil
    }

    /// Whoever reads a key can pretend to be the server.
    private static func exposure(of key: String) -> TLSFileProblem? {
        var status = stat()
        guard stat(key, &status) == 0, status.st_mode & (S_IROTH | S_IWOTH) != 0 else { return nil }
        return TLSFileProblem(
            .key, key, "every user of this machine may read or write it", hint: "chmod o= \(key)", isWarning: true)
    }

    /// `YEAR-MONTH-DAY`, in UTC.
    private static func date(_ time: time_t) -> String {
        var time = time
        var parts = tm()
        gmtime_r(&time, &parts)
        func padded(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(parts.tm_year + 1900)-\(padded(parts.tm_mon + 1))-\(padded(parts.tm_mday))"
    }
}
