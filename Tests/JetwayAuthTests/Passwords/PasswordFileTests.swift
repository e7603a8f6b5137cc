import JetwayCore
import Testing

@testable import JetwayAuth

@Suite struct PasswordFileTests {
    private static let cheap = "$2y$05$CjoTxcTDJLvcvg48aOgYM.krGUbMjFoBvYQ1vs9LsSdq0Hg.Z1Hj2"
    private static let costly = "$2b$06$CjJj2Dp4EIfqcsEd9ngVjOyC5tBCovoEIMEvGT5DfDCRmKcY2ruvW"

    private func read(_ text: String) throws -> PasswordFile {
        try PasswordFile.read(Array(text.utf8), file: "users.htpasswd")
    }

    @Test("Users are found by the bytes of their names, comments and empty lines are none")
    func users() throws {
        let file = try read("# users\n\nalice:\(Self.cheap)\r\n  bob:\(Self.costly)\nR\u{e9}mi x:\(Self.cheap)")
        #expect(file.count == 3)
        #expect(file.hash(of: "alice")?.text == Self.cheap)
        #expect(file.hash(of: "bob")?.text == Self.costly)
        #expect(file.hash(of: "R\u{e9}mi x") != nil)
        for user in ["Alice", "alice ", "", "# users", "Re\u{301}mi x"] { #expect(file.hash(of: user) == nil) }
    }

    @Test("The decoy for unknown users costs as much as the most costly hash")
    func decoy() throws {
        #expect(try read("a:\(Self.cheap)\nb:\(Self.costly)\nc:\(Self.cheap)").decoy?.text == Self.costly)
        #expect(try read("").decoy == nil)
    }

    @Test("Every bad line is told with its number and what to do, and nothing of the hash")
    func problems() throws {
        let long = String(repeating: "x", count: 257)
        let text = """
            alice:\(Self.cheap)
            bob:$apr1$RtioO9Nk$wLpr76sx6RoTWtUTMwptx0
            nobody
            :\(Self.cheap)
            alice:\(Self.costly)
            \(long):\(Self.cheap)
            carol:hunter2
            dave:\(Self.cheap.dropLast())
            e\u{7}e:\(Self.cheap)
            """
        let problems = #expect(throws: ConfigurationProblems.self) { try read(text) }
        let list = try #require(problems).list
        #expect(list.map(\.line) == [2, 3, 4, 5, 6, 7, 8, 9])
        #expect(
            list[0].description.hasPrefix("users.htpasswd:2: has a hash of a kind that is not supported: MD5 ($apr1$)"))
        #expect(list[0].hint == "make a new one: jetway password USER --file FILE")
        #expect(list[3].problem == "names a user again that line 1 names")
        #expect(!list.contains { $0.description.contains("hunter2") || $0.description.contains("RtioO9Nk") })
    }

    @Test("A file that is not UTF-8, or has an endless line, is told so")
    func bytes() {
        for bytes in [[0xff, 0x3a], Array("a:".utf8) + [UInt8](repeating: 0x78, count: 5000)] as [[UInt8]] {
            #expect(throws: ConfigurationProblems.self) { try PasswordFile.read(bytes, file: "x") }
        }
    }

    @Test("A user's line is replaced in its place, or added; other lines stay as they are")
    func setting() throws {
        let hash = try PasswordHash(parsing: Self.cheap)
        func set(_ user: String, _ text: String) -> String {
            String(decoding: PasswordFile.setting(user, to: hash, in: Array(text.utf8)), as: UTF8.self)
        }
        let line = "bob:\(Self.cheap)\n"
        #expect(set("bob", "") == line)
        #expect(set("bob", "# c\n\nalice:x") == "# c\n\nalice:x\n" + line)
        #expect(set("bob", "bob:1\na:1\nbob:2\n") == line + "a:1\n")
        #expect(set("bob", "a:1\nbob:2\nbobby:3\n") == "a:1\n" + line + "bobby:3\n")
    }
}
