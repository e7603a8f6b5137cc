import ArgumentParser
import JetwayAuth
import JetwayCore

/// `jetway token`: makes bearer tokens for tests, and shows what is in one.
struct Token: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Mint a bearer token for tests, or show what is in one.",
        discussion: """
            Examples: jetway token --keys keys.json --subject basic:alice --lifetime 1h
                      jetway token --keys keys.json --inspect < token.txt
            """)

    /// What `--inspect` prints.
    private struct Content: Encodable {
        let id: String
        let state: String
        let subject: String
        let method: String
        let source: String?
        let tenant: String?
        let groups: [String]
        let claims: [String: [String]]
        let loggedIn: String
        let issued: String
        let expires: String
        let notAfter: String?
    }

    @Option(help: ArgumentHelp("The key ring.", valueName: "file"))
    var keys: String

    @Option(help: "Who the token says that the caller is, qualified: basic:alice, jwt:corp:alice, apiKey:loader.")
    var subject: String?

    @Option(help: "A group of the subject; may be given again.")
    var group: [String] = []

    @Option(help: "The subject's tenant.")
    var tenant: String?

    @Option(help: ArgumentHelp("How long it is good, as 90s, 5m, 12h or 30d.", valueName: "time"))
    var lifetime = TimeSpan(seconds: 3600)

    @Flag(help: "Read a token from standard input and print its content as JSON; exit code 1 if no key opens it.")
    var inspect = false

    func validate() throws {
        if inspect, subject != nil || !group.isEmpty || tenant != nil {
            throw ValidationError("--inspect takes --keys alone")
        }
        if !inspect, subject == nil { throw ValidationError("--subject or --inspect is needed") }
    }

    func run() throws {
        let ring = try Secrets.failing { try KeyRing.load(file: keys) }
        let mint = TokenMint(ring: ring, lifetime: .seconds(lifetime.seconds))
        if let subject {
            guard let token = mint.mint(try principal(subject), now: .now()) else {
                throw CommandFailure.no("the groups are too many for a token")
            }
            return Console.output(token.text)
        }
        var text = try Terminal.secret(prompt: "Token: ")
        if text.hasPrefix("Bearer ") { text.removeFirst("Bearer ".count) }
        do {
            Console.output(try Secrets.json(content(try mint.open(text), now: .now())))
        } catch let problem as EnvelopeProblem {
            throw CommandFailure.no("the token is \(problem.reason)")
        }
    }

    /// `method:name`, or `method:source:name` of a method with a name: a JWT's issuer always has one, and a user's name has no
    /// colon.
    private func principal(_ subject: String) throws -> Principal {
        let parts = subject.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        let methods: [Principal.Method] = [.basic, .jwt, .apiKey, .clientCertificate, .anonymous]
        guard let method = methods.first(where: { $0.rawValue == parts.first }),
            parts.count == 3 || (method != .jwt && parts.count == 2), parts.allSatisfy({ !$0.isEmpty })
        else {
            let names = methods.map { $0 == .jwt ? "jwt:ISSUER:" : "\($0.rawValue):" }.joined(separator: ", ")
            throw CommandFailure.wrongUse("--subject \(subject): expected a name behind one of \(names)")
        }
        let hasSource = parts.count == 3 && (method == .jwt || method == .basic)
        return Principal(
            subject: subject, method: method, source: hasSource ? parts[1] : nil, groups: group, tenant: tenant,
            claims: [:])
    }

    private func content(_ token: VerifiedToken, now: UnixTime) -> Content {
        let principal = token.principal
        return Content(
            id: token.id, state: now >= token.expires ? "expired" : "valid", subject: principal.subject,
            method: principal.method.rawValue, source: principal.source, tenant: principal.tenant,
            groups: principal.groups, claims: principal.claims, loggedIn: token.loggedIn.rfc3339,
            issued: token.issued.rfc3339, expires: token.expires.rfc3339, notAfter: token.notAfter?.rfc3339)
    }
}
