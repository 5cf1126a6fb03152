import Testing

@testable import MartletSources

@Suite("Following a file")
struct FileFollowerTests {
    let folder = FileTestFolder()

    @Test("An existing file is followed from its end")
    func startsAtEnd() {
        folder.append("old 1\nold 2\n", to: "log")
        let follower = FileTestFollower(folder["log"])
        #expect(follower.look() == [])
        folder.append("new 1\n", to: "log")
        folder.append("new 2\nnew 3\n", to: "log")
        #expect(follower.look() == ["new 1", "new 2", "new 3"])
        #expect(follower.look() == [])
        #expect(follower.reports == [])
    }

    @Test("A last line that was unfinished at the start is one event when it ends")
    func unfinishedAtStart() {
        folder.append("old\nbegun ", to: "log")
        let follower = FileTestFollower(folder["log"])
        #expect(follower.look() == [])
        folder.append("and done\n", to: "log")
        #expect(follower.look() == ["begun and done"])
    }

    @Test("A file that isn't there yet is waited for, and read from its start")
    func missing() {
        let follower = FileTestFollower(folder["log"])
        #expect(follower.look() == [])
        #expect(follower.look() == [])
        folder.append("first\n", to: "log")
        #expect(follower.look() == ["first"])
        #expect(follower.reports.count == 2)
        #expect(follower.reports.first == "\(folder["log"]) does not exist; waiting for it.")
        #expect(follower.reports.last == "")
    }

    @Test("A directory that isn't there yet is waited for, with its file")
    func missingDirectory() {
        let follower = FileTestFollower(folder["a/b/log"])
        #expect(follower.look() == [])
        folder.makeDirectory("a")
        #expect(follower.look() == [])
        folder.makeDirectory("a/b")
        #expect(follower.look() == [])
        folder.append("first\n", to: "a/b/log")
        #expect(follower.look() == ["first"])
    }

    @Test("A line cut into several writes is one event, and an empty line is one with no data")
    func cutLines() {
        folder.append("", to: "log")
        let follower = FileTestFollower(folder["log"])
        #expect(follower.look() == [])
        for piece in ["a li", "ne", "\r"] {
            folder.append(piece, to: "log")
            #expect(follower.look() == [])
        }
        folder.append("\n\n\r\nnext", to: "log")
        #expect(follower.look() == ["a line", "", ""])
        folder.append("\n", to: "log")
        #expect(follower.look() == ["next"])
    }

    @Test("A truncated file is read again from its start, after its unfinished line")
    func truncated() {
        folder.append("", to: "log")
        let follower = FileTestFollower(folder["log"])
        _ = follower.look()
        folder.append("one\ntwo\nunfinished", to: "log")
        #expect(follower.look() == ["one", "two"])
        folder.truncate("log")
        #expect(follower.look() == ["unfinished"])
        folder.append("three\n", to: "log")
        #expect(follower.look() == ["three"])
        folder.truncate("log")
        folder.append("4\n", to: "log")
        #expect(follower.look() == ["4"])
    }

    @Test(
        "A file that was truncated and has grown past the old place between two looks is read from its start",
        arguments: ["a longer line\nand more\n", "1ine\n", "other\n"]
    )
    func truncatedAndOutgrown(_ text: String) {
        folder.append("", to: "log")
        let follower = FileTestFollower(folder["log"])
        _ = follower.look()
        folder.append("line\n", to: "log")
        #expect(follower.look() == ["line"])
        folder.truncate("log")
        folder.append(text, to: "log")
        #expect(follower.look() == text.split(separator: "\n").map(String.init))
    }

    @Test("A writer that goes on at its old place after a truncation leaves a hole, which is skipped")
    func hole() {
        folder.append("line\n", to: "log")
        let follower = FileTestFollower(folder["log"])
        _ = follower.look()
        folder.truncate("log")
        folder.truncate("log", to: 5)
        folder.append("after\n", to: "log")
        #expect(follower.look() == ["after"])
        folder.truncate("log")
        #expect(follower.look() == [])
        folder.truncate("log", to: 200_000)
        folder.append("again\n", to: "log")
        #expect(follower.look() == ["again"])
    }

    @Test("A line of several megabytes is cut, and memory stays flat")
    func hugeLine() {
        folder.append("", to: "log")
        let follower = FileTestFollower(folder["log"], lineLimit: 1000)
        _ = follower.look()
        let writer = FileTestWriter(folder["log"])
        for _ in 0..<40 { writer.write([UInt8](repeating: UInt8(ascii: "x"), count: 100_000)) }
        #expect(follower.batch().hasMore)
        writer.write("\nnext\n")
        let cut = String(repeating: "x", count: 1000) + " … [cut: 3999000 bytes more]"
        #expect(follower.look() == [cut, "next"])
    }

    @Test("What comes at once is handed over in batches of bounded size")
    func batches() {
        folder.append("", to: "log")
        let follower = FileTestFollower(folder["log"])
        _ = follower.look()
        folder.append(String(repeating: "\n", count: 70_000), to: "log")
        folder.append(String(repeating: String(repeating: "y", count: 9_999) + "\n", count: 100), to: "log")
        var count = 0
        while true {
            let batch = follower.batch()
            #expect(batch.lines.count <= FileBatch.maximumLines)
            #expect(batch.bytes < FileBatch.maximumBytes + 10_000)
            count += batch.lines.count
            if !batch.hasMore { break }
        }
        #expect(count == 70_100)
    }

    @Test("A path without a directory, and one with slashes at its end, name the same file")
    func paths() {
        let plain = FileTestFollower("log")
        #expect(plain.look() == [])
        folder.append("", to: "log")
        let slashes = FileTestFollower(folder["log"] + "//")
        _ = slashes.look()
        folder.append("a\n", to: "log")
        #expect(slashes.look() == ["a"])
    }
}
