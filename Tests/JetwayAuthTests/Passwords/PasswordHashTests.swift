import Testing

@testable import JetwayAuth

@Suite struct PasswordHashTests {
    /// Hashes of "correct horse" by other software.
    static let foreign = [
        // htpasswd 2.4.71: -B, -2 and -5.
        "$2y$05$CjoTxcTDJLvcvg48aOgYM.krGUbMjFoBvYQ1vs9LsSdq0Hg.Z1Hj2",
        "$5$gJp0u0joSNFW0Yeo$jrHWND/QC6MROt70GkTx4CUU/X6sq.KjmQoy.gjAFa.",
        "$6$jRw1lqDjLXr6qhYh$FixB11Js5w.Tq7g2CC2HLL9yjD5vXr/QQ1RfHStynk7GqU0TJ8SDHIZh83FtB9ivjLw0kfbhOk6YUnOP5xPVk0",
        // openssl passwd 3.0.
        "$6$saltsalt$hRM5XZ86KXEw9UOmjigeVqFgULtFB2sgpC9lXQDfMib3Zgw7mEiUvBJI2EplzfAqxL5Vvwp2scFtv/uamSo5z0",
        "$5$saltsalt$myjXcpMpE2Ofk7fj9hqyNYSn6lmWG4Mqnjx.KIRRr4/",
        // Python's bcrypt 5.0.0 and crypt.
        "$2b$06$CjJj2Dp4EIfqcsEd9ngVjOyC5tBCovoEIMEvGT5DfDCRmKcY2ruvW",
        "$2a$06$abcdefghijklmnopqrstuud/5IuQmqhVO0kfNEbHJM.fJkPiliBzC",
        "$y$j75$abcdefghijklmnopqrstu0$NrDLxdh8RZsWZGjPgaTyFYpgfjnLrvMdBZJ3EMKXds7",
        "$y$j9T$abcdefghijklmnopqrstu0$P4/kaBYQZGwBMOYrdOYgTY4O7wvcf3Wpgrqnuat3NBD",
        "$6$rounds=1000$roundsalt$q2bLN6X16G97cfEqLyrh8k.ss1.YGH35fGnWXezDq0.nzLjqhyUAyS1bkt.tEcKYUBYxRyOH1YgRZZXF.4glP1",
        // argon2-cffi 25.1.0 and cryptography 50.0.2 (OpenSSL).
        "$argon2id$v=19$m=1024,t=1,p=1$vaURHVL7A4F9UCkl7L9wag$LhZpv+//MVf75rVL7kMqeGzGcfrlkV2ezUTuTJDHOIg",
        "$argon2id$v=19$m=512,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$2Q60Zoiaavolo1bgN5M7rsL0AZjakAxJUMAfITllELA",
    ]

    @Test("Hashes that other software made are verified", arguments: foreign)
    func foreignHash(text: String) throws {
        let hash = try PasswordHash(parsing: text)
        #expect(hash.matches("correct horse"))
        for wrong in ["", "correct hors", "correct horse ", "Correct horse", "correct horse\u{0}"] {
            #expect(!hash.matches(wrong))
        }
    }

    @Test(
        "Passwords beyond ASCII are hashed as their UTF-8",
        arguments: [
            "$2b$05$lSHs1T/7xrLN2A3.WHoHm.XKif73bQiPKQfYMbGI00nYtCmRiCbCC",
            "$argon2id$v=19$m=2048,t=2,p=4$WyZs3M9WXMDPWX0gJpIEyw$pie8mVA7uqLxc0KiO4Ti87qjJPyivdRwcl9ZUUcPCOk",
            "$6$abcdefgh$iiBW30h6MQUpgkXT9F87NVy6FIbloKXQmfPH87w2UkYa6T8cikoVXkyDCmOccwyrz69xvCZIs4Q.UiGV4ZRkv.",
        ])
    func unicode(text: String) throws {
        let hash = try PasswordHash(parsing: text)
        #expect(hash.matches("pässword"))
        #expect(!hash.matches("pa\u{308}ssword"))
    }

    @Test(
        "A hash of our own verifies, has a new salt each time, and costs what is recommended",
        arguments: PasswordHash.Scheme.allCases)
    func made(scheme: PasswordHash.Scheme) throws {
        let hash = try PasswordHash.make("pässword", scheme: scheme)
        #expect(hash.scheme == scheme)
        #expect(hash.matches("pässword"))
        #expect(!hash.matches("password"))
        #expect(try PasswordHash.make("pässword", scheme: scheme).text != hash.text)
        #expect(try PasswordHash(parsing: hash.text) == hash)
        let start: [PasswordHash.Scheme: String] = [
            .argon2id: "$argon2id$v=19$m=19456,t=2,p=1$", .bcrypt: "$2y$11$", .yescrypt: "$y$j9T$",
            .sha512: "$6$rounds=100000$", .sha256: "$5$rounds=100000$",
        ]
        #expect(hash.text.hasPrefix(try #require(start[scheme])))
    }

    @Test("What cannot be hashed is refused rather than cut")
    func limits() {
        let cases: [(String, PasswordHash.Scheme)] = [
            ("", .argon2id), ("a\u{0}b", .argon2id), (String(repeating: "x", count: 1025), .argon2id),
            (String(repeating: "x", count: 73), .bcrypt), (String(repeating: "x", count: 512), .sha512),
        ]
        for (password, scheme) in cases {
            #expect(throws: PasswordHashProblem.self) { try PasswordHash.make(password, scheme: scheme) }
        }
    }

    @Test("A password that is too long for its hash's scheme is wrong", arguments: foreign)
    func tooLong(text: String) throws {
        #expect(try !PasswordHash(parsing: text).matches(String(repeating: "x", count: 1024)))
        #expect(try !PasswordHash(parsing: text).matches(String(repeating: "x", count: 100_000)))
    }

    @Test(
        "Weak and unknown kinds are named",
        arguments: [
            ("$apr1$RtioO9Nk$wLpr76sx6RoTWtUTMwptx0", "MD5 ($apr1$)"), ("{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=", "SHA-1"),
            ("$1$abc$abc", "MD5 ($1$)"), ("zV5e7zuutWdT6", "DES"), ("hunter2", "no hash at all"),
            ("", "no hash at all"),
            ("$argon2i$v=19$m=512,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$2Q60Zoiaavolo1bgN5M7rg", "argon2i"),
            ("$argon2d$v=19$m=512,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$2Q60Zoiaavolo1bgN5M7rg", "argon2d"),
        ])
    func unsupported(text: String, kind: String) {
        let problem = #expect(throws: PasswordHashProblem.self) { try PasswordHash(parsing: text) }
        #expect(problem?.text.contains(kind) == true)
        #expect(problem?.text.contains("hunter2") == false)
    }

    @Test(
        "Hashes that would take too much memory or time are refused",
        arguments: [
            "$argon2id$v=19$m=262145,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$2Q60Zoiaavolo1bgN5M7rsL0AZjakAxJUMAfITllELA",
            "$argon2id$v=19$m=512,t=11,p=1$MDEyMzQ1Njc4OWFiY2RlZg$2Q60Zoiaavolo1bgN5M7rsL0AZjakAxJUMAfITllELA",
            "$argon2id$v=19$m=512,t=1,p=9$MDEyMzQ1Njc4OWFiY2RlZg$2Q60Zoiaavolo1bgN5M7rsL0AZjakAxJUMAfITllELA",
            "$2y$16$CjoTxcTDJLvcvg48aOgYM.krGUbMjFoBvYQ1vs9LsSdq0Hg.Z1Hj2",
            "$2y$31$CjoTxcTDJLvcvg48aOgYM.krGUbMjFoBvYQ1vs9LsSdq0Hg.Z1Hj2",
            "$5$rounds=999999999$saltsalt$myjXcpMpE2Ofk7fj9hqyNYSn6lmWG4Mqnjx.KIRRr4/",
            "$y$jzz$abcdefghijklmnopqrstu0$NrDLxdh8RZsWZGjPgaTyFYpgfjnLrvMdBZJ3EMKXds7",
        ])
    func tooCostly(text: String) {
        #expect(throws: PasswordHashProblem.tooCostly) { try PasswordHash(parsing: text) }
    }

    @Test("A hash with any character missing is damaged, whatever its kind", arguments: foreign)
    func cut(text: String) throws {
        let characters = Array(text)
        for count in 0..<characters.count where !(text.hasPrefix("$argon2id") && count > 60) {
            #expect(throws: PasswordHashProblem.self) { try PasswordHash(parsing: String(characters[..<count])) }
        }
        for wrong in ["\(text)\u{e9}", "\(text):x", "\(text) "] {
            #expect(throws: PasswordHashProblem.self) { try PasswordHash(parsing: wrong) }
        }
    }

    @Test("More work is counted as more")
    func work() throws {
        func work(_ text: String) throws -> Int { try PasswordHash(parsing: text).work }
        #expect(try work(Self.foreign[5]) > work(Self.foreign[0]))
        #expect(try work(Self.foreign[8]) > work(Self.foreign[7]))
        #expect(try work(Self.foreign[3]) > work(Self.foreign[9]))
        #expect(try work(Self.foreign[10]) > work(Self.foreign[11]))
        #expect(PasswordHash.decoy != nil)
    }
}
