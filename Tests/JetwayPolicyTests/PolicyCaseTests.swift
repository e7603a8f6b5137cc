import Foundation
import JetwayCore
import Testing

@testable import JetwayPolicy

/// The tables in `Cases`, and those of the examples that are shipped.
@Suite struct PolicyCaseTests {
    static let tests = String(#filePath.dropLast(#fileID.split(separator: "/").last?.count ?? 0))
    static let policies = URL(fileURLWithPath: tests + "../../policies").standardized.path + "/"

    static let files = files(in: tests + "Cases/", ".case.json") + files(in: policies + "cases/", ".case.json")
    static let shipped = files(in: policies + "examples/", ".json")

    private static func files(in folder: String, _ end: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
            .filter { $0.hasSuffix(end) }.sorted().map { folder + $0 }
    }

    @Test("Every case is decided as it is expected", arguments: files)
    func cases(file: String) throws {
        let differences = try PolicyCaseFile.load(file: file).differences()
        #expect(differences.isEmpty, "\(ConfigurationProblems(differences))")
    }

    @Test("There are at least 200 cases, each with a name of its own in its file")
    func count() throws {
        var count = 0
        for file in Self.files {
            let names = try PolicyCaseFile.load(file: file).cases.map(\.name)
            #expect(Set(names).count == names.count, "\(file)")
            count += names.count
        }
        #expect(count >= 200)
    }

    @Test("Every example has cases, and nothing in it is in vain", arguments: shipped)
    func examples(file: String) throws {
        let name = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
        #expect(Self.files.contains { $0.hasSuffix("/cases/\(name).case.json") })
        let set = try PolicySet.load(files: [file], sources: IdentitySources([]))
        #expect(PolicyLint.warnings(set, now: 0).isEmpty)
    }

    @Test("A case that turns out otherwise tells why")
    func difference() throws {
        let file = try #require(Self.files.first { $0.hasSuffix("/cases/analysts.case.json") })
        var cases = try PolicyCaseFile.load(file: file)
        cases.cases[0].rule = "other"
        cases.cases[4].effect = .allow
        let text = ConfigurationProblems(cases.differences()).description
        #expect(text.contains("/cases/0: an analyst asks for a flight: expected allow by other"))
        #expect(text.contains("allow by the rule analysts-read-sales"))
        #expect(
            text.contains("not analysts-read-sales (allow): the path is absent; the ticket begins otherwise (14 bytes)")
        )
    }
}
