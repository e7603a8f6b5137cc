import Foundation
import JetwayCore
import Testing

@testable import JetwayAuth

@Suite struct SecretFileTests {
    /// A folder that goes away with the test.
    private func inFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "jetway-secrets-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test("A new file can be read by its owner alone, and is never written over")
    func creating() throws {
        try inFolder { folder in
            try SecretFile.create("\(folder)/a", [1, 2])
            #expect(try mode("\(folder)/a") == 0o600)
            #expect(throws: ConfigurationProblem.self) { try SecretFile.create("\(folder)/a", [3]) }
            #expect(try SecretFile.load("\(folder)/a", isSecret: true) == [1, 2])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a"])
        }
    }

    @Test("A replaced file keeps its mode; a symbolic link stays, and its file is replaced")
    func replacing() throws {
        try inFolder { folder in
            try SecretFile.replace("\(folder)/a", [1])
            #expect(try mode("\(folder)/a") == 0o600)
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: "\(folder)/a")
            try FileManager.default.createSymbolicLink(atPath: "\(folder)/b", withDestinationPath: "a")
            try SecretFile.replace("\(folder)/b", [2])
            #expect(try SecretFile.load("\(folder)/a", isSecret: false) == [2])
            #expect(try mode("\(folder)/a") == 0o640)
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/b") == "a")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["a", "b"])
        }
    }

    @Test("What cannot be read or written is told with the system's reason")
    func problems() throws {
        try inFolder { folder in
            for (path, reason) in [("\(folder)/none", "No such file"), (folder, "is a folder")] {
                let problem = #expect(throws: ConfigurationProblem.self) {
                    try SecretFile.load(path, isSecret: false)
                }
                #expect(problem?.description.contains(reason) == true)
            }
            let problem = #expect(throws: ConfigurationProblem.self) {
                try SecretFile.replace("\(folder)/none/a", [1])
            }
            #expect(problem?.problem == "cannot be written: No such file or directory")
        }
    }

    @Test("A file that is too large is not read into memory")
    func size() throws {
        try inFolder { folder in
            try SecretFile.create("\(folder)/a", [UInt8](repeating: 0, count: SecretFile.largest + 1))
            #expect(throws: ConfigurationProblem.self) { try SecretFile.load("\(folder)/a", isSecret: false) }
            #expect(throws: ConfigurationProblem.self) { try SecretFile.load("/dev/zero", isSecret: false) }
        }
    }
}
