import Testing

@testable import MartletSources

@Suite("Following a file over restarts")
struct FileRestartTests {
    let folder = FileTestFolder()

    private func restarted(_ follower: FileTestFollower) -> FileTestFollower {
        FileTestFollower(folder["log"], after: follower.kept)
    }

    /// Has followed `log` with one line.
    private func started() -> FileTestFollower {
        folder.append("old\n", to: "log")
        let follower = FileTestFollower(folder["log"])
        #expect(follower.look() == [])
        folder.append("1\n", to: "log")
        #expect(follower.look() == ["1"])
        return follower
    }

    @Test("What is appended between two runs is read, once")
    func appended() {
        let first = started()
        folder.append("2\nhal", to: "log")
        let second = restarted(first)
        #expect(second.look() == ["2"])
        let third = restarted(second)
        #expect(third.look() == [])
        folder.append("f\n", to: "log")
        #expect(third.look() == ["half"])
        #expect(restarted(third).look() == [])
    }

    @Test("A file of which nothing was read yet is marked at its end at once")
    func nothingRead() {
        folder.append("old\nbegun ", to: "log")
        let first = FileTestFollower(folder["log"])
        #expect(first.look() == [])
        folder.append("and done\n", to: "log")
        #expect(restarted(first).look() == ["begun and done"])
    }

    @Test("Of lines that were read together, those that were not kept are read again")
    func lostBatch() {
        let first = started()
        folder.append((0..<1_000).map { "\($0)\n" }.joined(), to: "log")
        let kept = first.batch().lines.map(\.text)
        #expect(kept.count == FileBatch.maximumLines)
        #expect(first.peek().lines.count == 1_000 - kept.count)
        #expect(kept + restarted(first).look() == (0..<1_000).map(String.init))
    }

    @Test("A line that was cut is not cut anew by a restart")
    func cutLine() {
        folder.append("", to: "log")
        let first = FileTestFollower(folder["log"], lineLimit: 10)
        _ = first.look()
        folder.append(String(repeating: "x", count: 100_000), to: "log")
        #expect(first.look() == [])
        let second = FileTestFollower(folder["log"], after: first.kept, lineLimit: 10)
        #expect(second.look() == [])
        folder.append("yz\n", to: "log")
        #expect(second.look() == ["xxxxxxxxxx … [cut: 99992 bytes more]"])
    }

    @Test("The rest of a file that was rotated meanwhile comes first", arguments: ["log.1", "log.old", "elsewhere"])
    func rotated(_ name: String) {
        let first = started()
        folder.append("2\n", to: "log")
        folder.move("log", to: name)
        folder.append("3\n", to: "log")
        let second = restarted(first)
        #expect(second.look() == ["2", "3"])
        // A writer may still hold it.
        folder.append("late\n", to: name)
        #expect(second.look() == ["late"])
        #expect(second.look(after: .seconds(6)) == [])
        #expect(second.openGenerations == 1)
        #expect(restarted(second).look() == [])
    }

    @Test("Several rotations meanwhile are read in order, and nothing else of the directory")
    func severalRotations() {
        let first = started()
        folder.append("foreign\n", to: "log.old")
        folder.append("foreign\n", to: "log.3.gz")
        folder.append("foreign\n", to: "log3")
        folder.append("foreign\n", to: "other.1")
        for number in 2..<5 {
            for older in (1..<10).reversed() { folder.move("log.\(older)", to: "log.\(older + 1)") }
            folder.append("\(number)\n", to: "log")
            folder.move("log", to: "log.1")
        }
        folder.remove("log3")
        #expect(restarted(first).look() == ["2", "3", "4"])
        folder.append("5\n", to: "log")
        #expect(restarted(first).look() == ["2", "3", "4", "5"])
    }

    @Test("A file of the future hides none that was rotated away meanwhile")
    func future() {
        folder.append("old\n", to: "log")
        folder.setModified("log", secondsAgo: -1_000_000)
        let first = FileTestFollower(folder["log"])
        #expect(first.look() == [])
        folder.delete("log")
        folder.append("1\n", to: "log")
        folder.move("log", to: "log.1")
        folder.append("2\n", to: "log")
        #expect(restarted(first).look() == ["1", "2"])
    }

    @Test("A rotated file from before the first start is never read, and one that was read isn't again")
    func olderRotations() {
        folder.append("older\n", to: "log.1")
        folder.setModified("log.1", secondsAgo: 1_000)
        let first = started()
        folder.move("log.1", to: "log.2")
        folder.move("log", to: "log.1")
        folder.append("2\n", to: "log")
        #expect(first.look() == ["2"])
        folder.move("log.2", to: "log.3")
        folder.move("log.1", to: "log.2")
        folder.move("log", to: "log.1")
        #expect(restarted(first).look() == [])
        folder.append("3\n", to: "log")
        #expect(restarted(first).look() == ["3"])
    }

    @Test(
        "A file that was truncated meanwhile is read from its start",
        arguments: ["", "new\n", "new, and longer than before\n"]
    )
    func truncated(_ text: String) {
        let first = started()
        folder.truncate("log")
        folder.append(text, to: "log")
        let second = restarted(first)
        #expect(second.look() == text.split(separator: "\n").map(String.init))
        folder.append("more\n", to: "log")
        #expect(second.look() == ["more"])
    }

    @Test("A copy of a file that was truncated then is read from where the file was", arguments: ["log", "log*"])
    func copied(_ path: String) {
        folder.append("old\n", to: "log")
        let first = FileTestFollower(folder[path])
        #expect(first.look() == [])
        folder.append("1\n", to: "log")
        #expect(first.look() == ["1"])
        folder.append("old\n1\n2\n", to: "log.2")
        folder.append("3\n", to: "log.1")
        folder.truncate("log")
        folder.append("4\n", to: "log")
        let second = FileTestFollower(folder[path], after: first.kept)
        let lines = second.look()
        // Those of files that each have a name of their own come in any order.
        #expect((path == "log" ? lines : lines.sorted()) == ["2", "3", "4"])
        folder.append("5\n", to: "log")
        #expect(second.look() == ["5"])
        #expect(FileTestFollower(folder[path], after: second.kept).look() == [])
    }

    @Test("An old copy with a hole, or with the same lines, is not taken for a copy of what was truncated")
    func notCopied() {
        for old in [String(repeating: "\0", count: 12) + "stale\n", "old\n1\nstale\n"] {
            let folder = FileTestFolder()
            // Rotated away long before.
            folder.append(old, to: "log.2")
            folder.setModified("log.2", secondsAgo: 3600)
            folder.append("old\n", to: "log")
            let first = FileTestFollower(folder["log"])
            #expect(first.look() == [])
            folder.append("1\n", to: "log")
            #expect(first.look() == ["1"])
            folder.truncate("log")
            folder.append("4\n", to: "log")
            #expect(FileTestFollower(folder["log"], after: first.kept).look() == ["4"])
        }
    }

    @Test("A file that was deleted meanwhile, and made anew, perhaps with the same inode, is read from its start")
    func recreated() {
        for text in ["n\n", "new and longer\n"] {
            let folder = FileTestFolder()
            folder.append("old\n", to: "log")
            let first = FileTestFollower(folder["log"])
            _ = first.look()
            folder.delete("log")
            folder.append(text, to: "log")
            let second = FileTestFollower(folder["log"], after: first.kept)
            #expect(second.look() == text.split(separator: "\n").map(String.init))
        }
    }

    @Test("A foreign file that got the inode of a deleted one is not taken for it")
    func recycledInode() {
        let first = started()
        folder.delete("log")
        for number in 0..<50 { folder.append("foreign \(number), longer than what was read\n", to: "other.\(number)") }
        folder.append("new\n", to: "log")
        #expect(restarted(first).look() == ["new"])
    }

    @Test("A file that appears while nobody follows is read from its start, also in a directory that came later")
    func appeared() {
        let first = FileTestFollower(folder["logs/app"])
        #expect(first.look() == [])
        folder.makeDirectory("logs")
        folder.append("1\n", to: "logs/app")
        let second = FileTestFollower(folder["logs/app"], after: first.kept)
        #expect(second.look() == ["1"])
        folder.move("logs", to: "away")
        let third = FileTestFollower(folder["logs/app"], after: second.kept)
        #expect(third.look() == [])
        folder.append("2\n", to: "away/app")
        folder.move("away", to: "logs")
        #expect(third.look() == ["2"])
    }

    @Test("A writer that goes on at its old place after a truncation leaves a hole, which a restart skips too")
    func hole() {
        let first = started()
        folder.truncate("log")
        #expect(first.look() == [])
        folder.truncate("log", to: 6)
        folder.append("after\n", to: "log")
        #expect(restarted(first).look() == ["after"])
    }

    @Test("With a backlog, a first start begins that many lines before the end", arguments: [0, 1, 2, 3, 4, 1_000])
    func backlog(_ count: Int) {
        folder.append("1\n2\n3\n\nunfin", to: "log")
        let follower = FileTestFollower(folder["log"], backlog: count)
        #expect(follower.look() == ["1", "2", "3", ""].suffix(count))
        folder.append("ished\n", to: "log")
        #expect(follower.look() == ["unfinished"])
        folder.append("more\n", to: "log")
        #expect(FileTestFollower(folder["log"], after: follower.kept, backlog: count).look() == ["more"])
    }

    @Test("A backlog reaches no further back than a megabyte, and its long lines are cut")
    func backlogReach() {
        let line = String(repeating: "x", count: 99_999)
        folder.append((0..<20).map { _ in line + "\n" }.joined(), to: "log")
        let follower = FileTestFollower(folder["log"], backlog: 100, lineLimit: 1_000)
        let cut = String(repeating: "x", count: 1_000) + " … [cut: 98999 bytes more]"
        #expect(follower.look() == Array(repeating: cut, count: 10))
        folder.append(String(repeating: "y", count: FileStart.reach + 1) + "\n", to: "huge")
        #expect(FileTestFollower(folder["huge"], backlog: 1).look() == [])
    }
}
