import Foundation
import Testing

@testable import MartletServer

/// From a path to text and YAML, whatever lies there.
@Suite struct ConfigurationFileTests {
    private func refusal(_ path: String) -> String {
        do {
            _ = try Configuration.load(file: path, environment: [:])
            return ""
        } catch {
            return error.description
        }
    }

    @Test func `a file that was asked for must be there`() {
        #expect(refusal("/nowhere/m.yaml") == "/nowhere/m.yaml: cannot be read: No such file or directory")
    }

    @Test func `a directory is refused`() throws {
        let folder = try ConfigurationFolder()
        #expect(refusal(folder.path) == "\(folder.path): cannot be read: Is a directory")
    }

    @Test(.enabled(if: getuid() != 0))
    func `a file without permission is refused`() throws {
        let folder = try ConfigurationFolder("loops: 2")
        chmod(folder.file, 0)
        #expect(folder.refusal() == "martlet.yaml: cannot be read: Permission denied")
    }

    @Test(arguments: [
        ([UInt8]("loops: 2\n# ".utf8) + [0xE9, 0x0A], "martlet.yaml:2: is not UTF-8"),
        ([0xFF, 0xFE, 0x61, 0x00], "martlet.yaml:1: is not UTF-8"),
        ([UInt8]("a: ".utf8) + [0xED, 0xA0, 0x80], "martlet.yaml:1: is not UTF-8"),
    ])
    func `a file that is not UTF-8 is refused with the line`(_ bytes: [UInt8], _ expected: String) throws {
        #expect(try ConfigurationFolder(bytes: Data(bytes)).refusal() == expected)
    }

    @Test func `a huge file is refused, and one without end too`() throws {
        let folder = try ConfigurationFolder("#" + String(repeating: "x", count: 1 << 20))
        #expect(folder.refusal() == "martlet.yaml: is larger than 1 MiB, which no configuration is")
        #expect(refusal("/dev/zero") == "/dev/zero: is larger than 1 MiB, which no configuration is")
        #expect(try ConfigurationFolder("#" + String(repeating: "x", count: (1 << 20) - 1)).refusal() == "")
    }

    @Test(arguments: [
        "", "\n", "# nothing\n", "---\n", "{}", "~", "\u{FEFF}", "log:\nstreams:\nsources:\n", "---\n...\n",
    ])
    func `a file that says nothing is all defaults, without sources`(_ yaml: String) throws {
        #expect(try ConfigurationFolder(yaml).load().configuration == Configuration())
    }

    @Test(arguments: ["\u{FEFF}loops: 2\nlog: { store: memory }", "loops: 2\r\nlog:\r\n  store: memory\r\n"])
    func `a byte order mark and line ends of Windows are no matter`(_ yaml: String) throws {
        let configuration = try ConfigurationFolder(yaml).load().configuration
        #expect(configuration == Configuration(log: Configuration.Log(store: .memory), loops: 2))
    }

    @Test func `anchors, aliases and merge keys are understood`() throws {
        let configuration = try ConfigurationFolder(
            """
            streams: { heartbeat: &quarter 15m, stall: *quarter }
            sources:
              a: &base { kind: clock, every: 5s, topic: a, public: true }
              b: { <<: *base, topic: b }
              c: { topic: c, <<: [{ every: 7s }, *base] }
            """
        ).load().configuration
        #expect(configuration.streams.stall == .seconds(900))
        #expect(configuration.sources.map(\.topic) == ["a", "b", "c"])
        #expect(configuration.sources.map(\.kind) == [5, 5, 7].map { .clock(every: .seconds($0)) })
        #expect(configuration.sources.map(\.isPublic) == [true, true, true])
        #expect(configuration.sources.map(\.location?.line) == [3, 4, 5])
    }

    @Test func `hundreds of sources may share what one of them says`() throws {
        let yaml =
            "sources:\n  base: &base { kind: clock, every: 5s, topic: t }\n"
            + (0..<500).map { "  s\($0): { <<: *base, topic: t\($0) }\n" }.joined()
        #expect(try ConfigurationFolder(yaml).load().configuration.sources.count == 501)
    }

    @Test(.timeLimit(.minutes(1)), arguments: bombs)
    func `a file that aliases make enormous is refused in little time`(_ bomb: Bomb) throws {
        let refusal = try ConfigurationFolder(bomb.yaml).refusal()
        #expect(refusal.utf8.count < 1 << 16)
        let told = refusal.split(separator: "\n").contains { $0.contains(bomb.expected) }
        #expect(told, "\(refusal.prefix(500))")
    }

    struct Bomb: CustomTestStringConvertible, Sendable {
        let yaml: String
        let expected: String

        init(_ yaml: String, _ expected: String) {
            self.yaml = yaml
            self.expected = expected
        }

        var testDescription: String { yaml.quoted }
    }

    /// Anchors that each hold what `level` makes of a name and of an alias of the anchor before.
    private static func levels(_ count: Int, _ first: String, _ level: (String, String) -> String) -> String {
        "x0: &x0 \(first)\n"
            + (1...count).map { "x\($0): &x\($0) \(level("x\($0)", "*x\($0 - 1)"))\n" }.joined()
    }

    private static func nested(_ text: String, _ depth: Int) -> String {
        String(repeating: "[", count: depth) + text + String(repeating: "]", count: depth)
    }

    private static let bombs: [Bomb] = [
        // A billion laughs as values, as a key, and as merges.
        Bomb(levels(40, "[l, l]") { "[\($1), \($1)]" }, "it could grow enormous"),
        Bomb(levels(12, "[l, l]") { "[\($1), \($1)]" }, "x12: unknown key"),
        Bomb(levels(12, "[l, l]") { "[\($1), \($1)]" } + "? *x12\n: 1\n[*x12]: 2", "a key must be text, found a list"),
        Bomb(levels(12, "{ a: b }") { "{ <<: [\($1), \($1)], \($0): 1 }" } + "<<: *x12", "x12: unknown key"),
        Bomb(levels(9, "{ a: b }") { "{ <<: [\($1), \($1), \($1)] }" } + "<<: *x9", "is too large once its aliases"),
        // Many sources that are all the same large mapping.
        Bomb(
            "limits: &l { \((0..<5000).map { "k\($0): 1" }.joined(separator: ", ")) }\nsources:\n"
                + (0..<5000).map { " s\($0): *l\n" }.joined(),
            "the file is too large once its aliases are followed"
        ),
        // Chains.
        Bomb(levels(999, "[l]") { "[\($1)]" }, "it could grow enormous"),
        Bomb(levels(24, "[l]") { nested($1, 990) }, "unknown key"),
        Bomb(
            levels(33, "{ a: b }") { "{ <<: \($1) }" } + "<<: *x33",
            "mappings are merged (<<) more than 32 deep here"
        ),
        // Deep without aliases.
        Bomb("x: " + String(repeating: "[", count: 100_000), "is not valid YAML"),
        Bomb("x: " + nested("", 900), "x: unknown key"),
        Bomb((0..<1300).map { String(repeating: " ", count: $0) + "x:\n" }.joined(), "is not valid YAML"),
    ]
}
