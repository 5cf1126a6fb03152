import Testing

@testable import MartletSources

@Suite("Patterns of files")
struct FilePatternTests {
    static let cases: [(pattern: String, name: String, matches: Bool)] = [
        ("/d/app.log", "app.log", true),
        ("/d/app.log", "app.log.1", false),
        ("/d/*.log", "app.log", true),
        ("/d/*.log", "app.log.1", false),
        ("/d/*.log", ".hidden.log", false),
        ("/d/.*.log", ".hidden.log", true),
        ("/d/?.log", "a.log", true),
        ("/d/?.log", "ab.log", false),
        ("/d/[ab].log", "b.log", true),
        ("/d/[!ab].log", "b.log", false),
        ("/d/[!ab].log", "c.log", true),
        ("/d/\\[ab].log", "[ab].log", true),
        ("/d/\\*.log", "a.log", false),
        ("/d/\\*.log", "*.log", true),
        ("/d/*\\*", "a*", true),
        ("/d/*\\*", "ab", false),
        ("/d/app.log*", "app.log.1", true),
        ("/d/app.log*", "app.log.2.gz", false),
        ("/d/*.gz", "app.log.2.gz", true),
        ("/d/*", "a\nb", true),
        ("*.log", "app.log", true),
        ("/d/*.log//", "app.log", true),
    ]

    @Test("A name matches as in a shell", arguments: cases)
    func matches(_ sample: (pattern: String, name: String, matches: Bool)) throws {
        let pattern = try FilePattern(sample.pattern)
        #expect(pattern.matches(Array(sample.name.utf8)) == sample.matches)
    }

    @Test(
        "A path has a directory and a name",
        arguments: [
            ("/d/e/f", "/d/e", "f", false), ("f", ".", "f", false), ("/f", "/", "f", false),
            ("/d/f//", "/d", "f", false),
            ("/d/*", "/d", "*", true), ("/", "/", ".", false), ("/a\\[1]/f", "/a[1]", "f", false),
            ("/d/f\\", "/d", "f\\", false),
        ]
    )
    func parts(_ path: String, _ directory: String, _ name: String, _ isGlob: Bool) throws {
        let pattern = try FilePattern(path)
        #expect(pattern.directoryPath == directory)
        #expect(pattern.name == Array(name.utf8))
        #expect(pattern.isGlob == isGlob)
    }

    @Test("What can't be followed is refused", arguments: ["", "/var/log/*/app.log", "/a[1]/f", "/a\u{0}b", "?/f"])
    func refused(_ path: String) {
        #expect(throws: FilePatternError.self) { try FilePattern(path) }
    }

    @Test("A path is shown without control characters")
    func printable() throws {
        let pattern = try FilePattern("/d/*")
        #expect(pattern.path(of: Array("a\nb\u{1B}[2J".utf8)) == "/d/a\u{FFFD}b\u{FFFD}[2J")
        #expect(pattern.path(of: [0xFF]) == "/d/\u{FFFD}")
    }
}

@Suite("Marks of files")
struct FileMarkTests {
    @Test(
        "A mark is read back as it was written, whatever the name",
        arguments: [
            Array("app.log".utf8), Array("a b%\n\"\\é".utf8), [0xFF, 0xFE, 0x25],
            [UInt8](repeating: 0xC3, count: 255),
        ]
    )
    func roundTrip(_ name: [UInt8]) {
        let places = [
            .beginning, FilePlace(offset: 3, footprint: [0, 255, 10]), FilePlace(offset: .max, footprint: [1]),
        ]
        for place in places {
            let mark = FileMark(
                item: "/d#7",
                name: name,
                identity: FileIdentity(device: .max, inode: 7),
                place: place,
                modified: FileTime(seconds: -1, nanoseconds: 999_999_999)
            )
            #expect(FileMark(item: "/d#7", text: mark.text) == mark)
        }
    }

    @Test(
        "A text of another form is no mark",
        arguments: [
            "", "{}", "[]", "17", "{\"offset\":5}",
            form(offset: "-1"), form(offset: "1e99"), form(footprint: "0"), form(footprint: "zz"),
            form(footprint: "+1"),
            form(offset: "2", footprint: "0a0a0a"), form(offset: "2", footprint: ""), form(name: "%"),
            form(name: "%+1"),
            form(name: ""), form(offset: "99", footprint: String(repeating: "00", count: 65)),
        ]
    )
    func otherForms(_ text: String) {
        #expect(FileMark(item: "/d#7", text: text) == nil)
    }

    @Test("The form that the others differ from is one")
    func rightForm() {
        #expect(FileMark(item: "/d#7", text: Self.form()) != nil)
    }

    private static func form(name: String = "a", offset: String = "2", footprint: String = "0a0a") -> String {
        "{\"device\":1,\"footprint\":\"\(footprint)\",\"inode\":7,\"name\":\"\(name)\","
            + "\"nanoseconds\":1,\"offset\":\(offset),\"seconds\":1}"
    }
}
