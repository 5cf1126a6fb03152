import Testing

@testable import MartletSources

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

@Suite("Following all files that match")
struct FileGlobTests {
    let folder = FileTestFolder()

    private func follower(
        _ name: String = "*.log",
        after kept: FileTestFollower.Kept? = nil,
        backlog: Int = 0,
        maximumTrails: Int = 1_000
    ) -> FileTestFollower {
        FileTestFollower(
            folder[name],
            topic: "logs/{file}",
            after: kept,
            backlog: backlog,
            maximumTrails: maximumTrails
        )
    }

    @Test("What is there is followed from its end, what appears from its start")
    func appearing() {
        folder.append("old\n", to: "a.log")
        folder.append("old\n", to: "b.log")
        folder.append("old\n", to: "c.txt")
        let follower = follower()
        #expect(follower.lookAtTopics() == [])
        #expect(follower.openGenerations == 2)
        folder.append("1\n", to: "b.log")
        folder.append("2\n", to: "a.log")
        folder.append("3\n", to: "c.log")
        folder.append("4\n", to: "c.txt")
        #expect(follower.lookAtTopics().sorted() == ["logs/a.log: 2", "logs/b.log: 1", "logs/c.log: 3"])
        #expect(follower.reports == [])
    }

    @Test("Without a journal, what appears is found once a second")
    func withoutJournal() {
        let follower = FileTestFollower(folder["*.log"]) { _, _ throws(FileErrno) in throw FileErrno(code: 28) }
        #expect(follower.look() == [])
        folder.append("1\n", to: "a.log")
        #expect(follower.look(after: .milliseconds(1_100)) == ["1"])
        folder.move("a.log", to: "b.log")
        folder.append("2\n", to: "b.log")
        #expect(follower.look(after: .milliseconds(1_100)) == ["2"])
    }

    @Test("A pattern that nothing matches is reported, until something does")
    func nothingMatches() {
        let follower = follower()
        for _ in 0..<3 { #expect(follower.look() == []) }
        #expect(follower.reports == ["No file matches \(folder["*.log"]); waiting for one."])
        folder.append("1\n", to: "a.log")
        #expect(follower.look() == ["1"])
        #expect(follower.reports.last == "")
    }

    @Test("A file that vanishes is read to its end, and let go after the grace time", arguments: [true, false])
    func vanishing(_ isDeleted: Bool) {
        folder.append("1\n", to: "a.log")
        let follower = follower(backlog: 1)
        #expect(follower.look() == ["1"])
        let writer = FileTestWriter(folder["a.log"])
        writer.write("2\n")
        if isDeleted { folder.delete("a.log") } else { folder.move("a.log", to: "a.old") }
        writer.write("3\nun")
        #expect(follower.look() == ["2", "3"])
        #expect(follower.look(after: .seconds(4)) == [])
        writer.write("fin\n4")
        #expect(follower.look(after: .seconds(4)) == ["unfin"])
        #expect(follower.look(after: .seconds(6)) == ["4"])
        #expect(follower.openGenerations == 0)
        #expect(follower.reports.last == "No file matches \(folder["*.log"]); waiting for one.")
    }

    @Test("A rotated file that matches too goes on where it was, and is not begun again")
    func rotatedWithinGlob() {
        folder.append("old\n", to: "app.log")
        let follower = follower("app.log*")
        #expect(follower.look() == [])
        for number in 0..<5 {
            folder.append("\(number) a\n", to: "app.log")
            for older in (1..<10).reversed() { folder.move("app.log.\(older)", to: "app.log.\(older + 1)") }
            folder.move("app.log", to: "app.log.1")
            folder.append("\(number) b\n", to: "app.log.1")
            folder.append("\(number) c\n", to: "app.log")
            #expect(follower.look() == ["\(number) a", "\(number) b", "\(number) c"])
            folder.append("\(number) late\n", to: "app.log.1")
            #expect(follower.look(after: .seconds(number == 2 ? 6 : 1)) == ["\(number) late"])
            #expect(follower.look(after: .seconds(number == 2 ? 6 : 1)) == [])
        }
        #expect(self.follower("app.log*", after: follower.kept).look() == [])
        #expect(follower.look(after: .seconds(6)) == [])
        // It is still followed, by the name it has now.
        folder.append("un", to: "app.log.1")
        #expect(follower.look(after: .seconds(60)) == [])
        folder.append("finished\n", to: "app.log.1")
        #expect(follower.lookAtTopics() == ["logs/app.log.1: unfinished"])
    }

    @Test("A file renamed to another name that matches is that one's after the grace time")
    func renamedWithinGlob() {
        folder.append("1\n", to: "a.log")
        let follower = follower(backlog: 9)
        #expect(follower.lookAtTopics() == ["logs/a.log: 1"])
        folder.move("a.log", to: "b.log")
        folder.append("2\nhal", to: "b.log")
        #expect(follower.look() == ["2"])
        #expect(follower.look(after: .seconds(6)) == [])
        #expect(follower.look(after: .seconds(6)) == [])
        folder.append("f\n3\n", to: "b.log")
        folder.append("new\n", to: "a.log")
        #expect(follower.lookAtTopics().sorted() == ["logs/a.log: new", "logs/b.log: 3", "logs/b.log: half"])
        #expect(follower.openGenerations == 2)
    }

    @Test("A file with two names that match is read once, and goes on under the other")
    func twoNames() {
        folder.append("", to: "a.log")
        folder.hardLink("a.log", to: "b.log")
        folder.symbolicLink("a.log", to: "c.log")
        let follower = follower()
        #expect(follower.look() == [])
        folder.append("1\n", to: "b.log")
        #expect(follower.lookAtTopics() == ["logs/a.log: 1"])
        folder.delete("a.log")
        #expect(follower.look() == [])
        #expect(follower.look(after: .seconds(6)) == [])
        folder.append("2\n", to: "b.log")
        #expect(follower.lookAtTopics(after: .seconds(6)) == ["logs/b.log: 2"])
    }

    @Test("A symbolic link that matches is followed to its file, also when that comes later or is another one")
    func symbolicLinks() {
        folder.symbolicLink("target", to: "a.log")
        let follower = follower()
        #expect(follower.look() == [])
        folder.append("1\n", to: "target")
        #expect(follower.look(after: .seconds(31)) == ["1"])
        folder.append("2\n", to: "other")
        folder.delete("a.log")
        folder.symbolicLink("other", to: "a.log")
        #expect(follower.look() == ["2"])
        folder.append("3\n", to: "other")
        #expect(follower.look() == ["3"])
    }

    @Test("What matches and is no file is passed over without a word, and not opened")
    func noFiles() {
        folder.makeDirectory("d.log")
        mkfifo(folder["f.log"], 0o644)
        folder.symbolicLink("loop.log", to: "loop.log")
        folder.append("", to: "a.log")
        let follower = follower()
        #expect(follower.look() == [])
        folder.makeDirectory("e.log")
        mkfifo(folder["g.log"], 0o644)
        folder.append("1\n", to: "a.log")
        #expect(follower.look() == ["1"])
        #expect(follower.openGenerations == 1)
        #expect(follower.reports == [])
    }

    @Test("Names of any bytes are followed, and have topics without any of them")
    func hostileNames() {
        let long = String(repeating: "n", count: 250) + ".log"
        let names = [
            "a\nb.log", "a b.log", "\u{1B}[31m.log", "%2F.log", "é.log", "-rf.log", "{file}.log", "*.log", long,
        ]
        let follower = follower()
        _ = follower.look()
        for name in names { folder.append("1\n", to: name) }
        folder.append(Array("2\n".utf8), toBytes: [0xFF, 0xFE] + Array(".log".utf8))
        let lines = follower.lookAtTopics()
        #expect(
            Set(lines) == [
                "logs/a%0Ab.log: 1", "logs/a%20b.log: 1", "logs/%1B%5B31m.log: 1", "logs/%252F.log: 1",
                "logs/%C3%A9.log: 1", "logs/-rf.log: 1", "logs/%7Bfile%7D.log: 1", "logs/%2A.log: 1",
                "logs/\(long): 1", "logs/%EF%BF%BD%EF%BF%BD.log: 2",
            ]
        )
        #expect(lines.count == names.count + 1)
        // They are known again.
        folder.append(Array("3\n".utf8), toBytes: [0xFF, 0xFE] + Array(".log".utf8))
        folder.append("4\n", to: "a\nb.log")
        #expect(self.follower(after: follower.kept).look().sorted() == ["3", "4"])
    }

    @Test("A name that gives no topic is reported, and the others are followed")
    func noTopic() {
        let follower = FileTestFollower(folder["*.log"], topic: "{file}" + String(repeating: "t", count: 1_010))
        _ = follower.look()
        folder.append("1\n", to: "too-long-a-name.log")
        folder.append("2\n", to: "short.log")
        #expect(follower.look() == ["2"])
        #expect(follower.reports.last?.contains("too-long-a-name.log is not followed") == true)
        folder.delete("too-long-a-name.log")
        #expect(follower.look(after: .seconds(31)) == [])
        #expect(follower.reports.last == "")
    }

    @Test("A file that may not be read is reported, and the others are followed", .enabled(if: geteuid() != 0))
    func unreadable() {
        folder.append("secret\n", to: "a.log")
        chmod(folder["a.log"], 0)
        folder.append("", to: "b.log")
        let follower = follower()
        #expect(follower.look() == [])
        folder.append("1\n", to: "b.log")
        #expect(follower.look() == ["1"])
        #expect(follower.reports.count == 1)
        #expect(follower.reports.first?.contains("a.log can't be opened: Permission denied.") == true)
        chmod(folder["a.log"], 0o644)
        #expect(follower.look() == [])
        folder.append("2\n", to: "a.log")
        #expect(follower.look() == ["2"])
        #expect(follower.reports.last == "")
    }

    @Test("A thousand files are followed, and one more is reported")
    func thousandFiles() {
        raiseDescriptorLimit()
        for number in 0..<1_000 { folder.append("old\n", to: "\(number).log") }
        let first = follower()
        #expect(first.look() == [])
        #expect(first.openGenerations == 1_000)
        for number in 0..<1_000 { folder.append("\(number)\n", to: "\(number).log") }
        let expected = (0..<1_000).map { "logs/\($0).log: \($0)" }.sorted()
        #expect(first.lookAtTopics().sorted() == expected)
        folder.append("one more\n", to: "more.log")
        #expect(first.look() == [])
        #expect(first.reports == ["More than 1000 files match \(folder["*.log"]); the others are not followed."])
        folder.delete("0.log")
        #expect(first.look(after: .seconds(2)) == [])
        #expect(first.look(after: .seconds(6)) == [])
        #expect(first.look(after: .seconds(2)) == ["one more"])
        #expect(first.reports.last == "")
        for number in 1..<1_000 { folder.append("again\n", to: "\(number).log") }
        #expect(follower(after: first.kept).look() == Array(repeating: "again", count: 999))
    }

    @Test("After a restart, files go on where they were, whatever their names, and new ones from their start")
    func restart() {
        folder.append("old\n", to: "a.log")
        folder.append("old\n", to: "b.log")
        folder.append("old\n", to: "c.log")
        let first = follower()
        #expect(first.look() == [])
        folder.append("1\n", to: "a.log")
        folder.append("2\n", to: "b.log")
        #expect(first.look().sorted() == ["1", "2"])
        // One is rotated out of the pattern, one renamed within it, one left alone.
        folder.append("3\n", to: "a.log")
        folder.move("a.log", to: "a.log.1")
        folder.append("4\n", to: "a.log")
        folder.append("5\n", to: "b.log")
        folder.move("b.log", to: "d.log")
        folder.append("6\n", to: "c.log")
        folder.append("7\n", to: "new.log")
        let second = follower(after: first.kept)
        let lines = second.lookAtTopics()
        #expect(
            lines.sorted() == ["logs/a.log: 3", "logs/a.log: 4", "logs/c.log: 6", "logs/d.log: 5", "logs/new.log: 7"]
        )
        #expect(lines.filter { $0.hasPrefix("logs/a.log") } == ["logs/a.log: 3", "logs/a.log: 4"])
        #expect(follower(after: second.kept).look() == [])
    }

    @Test("A file that was rotated away and not replaced yet is read to its end after a restart")
    func restartWithoutReplacement() {
        folder.append("old\n", to: "a.log")
        let first = follower()
        #expect(first.look() == [])
        folder.append("1\n", to: "a.log")
        folder.move("a.log", to: "a.log.1")
        let second = follower(after: first.kept)
        #expect(second.lookAtTopics() == ["logs/a.log: 1"])
        folder.append("2\n", to: "a.log")
        #expect(second.lookAtTopics() == ["logs/a.log: 2"])
    }

    @Test("The directory may be missing, deleted and made again")
    func directory() {
        let follower = follower("logs/*.log")
        #expect(follower.look() == [])
        #expect(follower.reports.count == 1)
        folder.makeDirectory("logs")
        folder.append("1\n", to: "logs/a.log")
        #expect(follower.look() == ["1"])
        #expect(follower.reports.last == "")
        folder.append("2\n", to: "logs/a.log")
        folder.remove("logs")
        #expect(follower.look() == ["2"])
        folder.makeDirectory("logs")
        folder.append("3\n", to: "logs/a.log")
        folder.append("4\n", to: "logs/b.log")
        #expect(follower.look().sorted() == ["3", "4"])
    }
}
