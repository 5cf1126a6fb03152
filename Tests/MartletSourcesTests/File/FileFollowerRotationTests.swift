import Testing

@testable import MartletSources

@Suite("Following a file through rotations")
struct FileFollowerRotationTests {
    let folder = FileTestFolder()
    let follower: FileTestFollower

    init() {
        folder.append("before\n", to: "log")
        follower = FileTestFollower(folder["log"])
        #expect(follower.look() == [])
    }

    @Test("The new file is read after the old one, which a writer may still hold")
    func writerHoldsOld() {
        let writer = FileTestWriter(folder["log"])
        writer.write("1\n")
        folder.move("log", to: "log.1")
        folder.append("", to: "log")
        writer.write("2\n")
        #expect(follower.look() == ["1", "2"])
        folder.append("4\n", to: "log")
        writer.write("3\nun")
        #expect(follower.look() == ["3", "4"])
        writer.write("finished")
        #expect(follower.look(after: .seconds(4)) == [])
        // It grew, so the grace begins again.
        #expect(follower.look(after: .seconds(4)) == [])
        #expect(follower.openGenerations == 2)
        #expect(follower.look(after: .seconds(1)) == ["unfinished"])
        #expect(follower.openGenerations == 1)
        folder.append("5\n", to: "log")
        #expect(follower.look() == ["5"])
    }

    @Test("Renaming without a new file keeps the old one open as long as it takes")
    func renamedOnly() {
        let writer = FileTestWriter(folder["log"])
        folder.move("log", to: "log.1")
        #expect(follower.look(after: .seconds(60)) == [])
        writer.write("1\n")
        #expect(follower.look(after: .seconds(60)) == ["1"])
        writer.reopen()
        writer.write("2\n")
        #expect(follower.look() == ["2"])
        #expect(follower.reports == [])
    }

    @Test("Several generations between two looks are read in order", arguments: [1, 2, 5, 31, 32, 33, 100])
    func severalGenerations(_ count: Int) {
        var expected: [String] = []
        for number in 0..<count {
            folder.append("\(number) a\n\(number) b\n", to: "log")
            expected += ["\(number) a", "\(number) b"]
            folder.move("log", to: "log.\(number)")
        }
        folder.append("last\n", to: "log")
        #expect(follower.look() == expected + ["last"])
        #expect(follower.openGenerations <= FileTrail.maximumOpen)
        #expect(openDescriptors(in: folder) <= FileTrail.maximumOpen + 2)
        #expect(follower.look(after: .seconds(6)) == [])
        #expect(follower.openGenerations == 1)
    }

    @Test("Generations that logrotate shifts, .1 to .2 and so on, are found under their present names")
    func shifted() {
        folder.append("foreign\n", to: "log.1")
        folder.append("foreign\n", to: "log.2")
        for number in 0..<7 {
            folder.append("\(number)\n", to: "log")
            for older in (1..<10).reversed() { folder.move("log.\(older)", to: "log.\(older + 1)") }
            folder.move("log", to: "log.1")
        }
        #expect(follower.look() == (0..<7).map(String.init))
        folder.append("7\n", to: "log")
        #expect(follower.look() == ["7"])
    }

    @Test("Of generations that are deleted before a look, the others are not disturbed")
    func deletedBetween() {
        for number in 0..<4 {
            folder.append("\(number)\n", to: "log")
            folder.move("log", to: "log.\(number)")
        }
        folder.delete("log.1")
        folder.move("log.2", to: "log.1")
        folder.append("foreign\n", to: "log.2")
        #expect(follower.look() == ["0", "2", "3"])
    }

    @Test("A file moved out of the directory was open, and is read to its end")
    func movedOut() {
        folder.makeDirectory("archive")
        folder.append("1\nun", to: "log")
        folder.move("log", to: "archive/log")
        folder.append("2\n", to: "log")
        #expect(follower.look() == ["1", "2"])
        #expect(follower.look(after: .seconds(6)) == ["un"])
    }

    @Test("A file that is deleted and created again is read from its start")
    func deletedAndRecreated() {
        folder.append("1\n", to: "log")
        folder.delete("log")
        #expect(follower.look() == ["1"])
        folder.append("2\n", to: "log")
        folder.delete("log")
        folder.append("3\n", to: "log")
        #expect(follower.look() == ["3"])
        folder.delete("log")
        #expect(follower.look() == [])
        #expect(follower.look(after: .seconds(6)) == [])
        #expect(openDescriptors(in: folder) == 0 || follower.openGenerations == 0)
        folder.append("4\n", to: "log")
        #expect(follower.look() == ["4"])
    }

    @Test("A file moved over the followed one is a new generation, read from its start")
    func movedOver() {
        folder.append("1\n", to: "log")
        folder.append("2\n", to: "other")
        folder.move("other", to: "log")
        folder.append("3\n", to: "log")
        #expect(follower.look() == ["1", "2", "3"])
    }

    @Test("A file that is moved away and back goes on where it was")
    func movedAwayAndBack() {
        folder.append("1\n", to: "log")
        #expect(follower.look() == ["1"])
        folder.move("log", to: "elsewhere")
        folder.move("elsewhere", to: "log")
        folder.append("2\n", to: "log")
        #expect(follower.look() == ["2"])
        folder.move("log", to: "elsewhere")
        folder.append("3\n", to: "log")
        #expect(follower.look() == ["3"])
        folder.append("4\n", to: "elsewhere")
        folder.move("elsewhere", to: "log")
        #expect(follower.look() == ["4"])
        #expect(follower.look(after: .seconds(6)) == [])
        folder.append("5\n", to: "log")
        #expect(follower.look() == ["5"])
        #expect(follower.openGenerations == 1)
    }

    @Test("A hard link to the same file under its old name is the same file")
    func hardLinked() {
        folder.append("1\n", to: "log")
        folder.hardLink("log", to: "kept")
        folder.delete("log")
        folder.hardLink("kept", to: "log")
        folder.append("2\n", to: "log")
        #expect(follower.look() == ["1", "2"])
        #expect(follower.openGenerations == 1)
    }

    @Test("Copying and truncating loses nothing that was there at a look")
    func copyTruncate() {
        let writer = FileTestWriter(folder["log"])
        for number in 0..<5 {
            writer.write("\(number)\n")
            #expect(follower.look() == ["\(number)"])
            folder.truncate("log")
        }
    }

    @Test("A directory that is deleted, or moved, and made again is followed again")
    func directoryReplaced() {
        folder.makeDirectory("logs")
        folder.append("old\n", to: "logs/app")
        let follower = FileTestFollower(folder["logs/app"])
        _ = follower.look()
        folder.append("1\n", to: "logs/app")
        folder.remove("logs")
        #expect(follower.look() == ["1"])
        #expect(follower.look(after: .seconds(6)) == [])
        folder.makeDirectory("logs")
        folder.append("2\n", to: "logs/app")
        #expect(follower.look() == ["2"])
        folder.move("logs", to: "moved")
        folder.append("3\n", to: "moved/app")
        folder.makeDirectory("logs")
        folder.append("4\n", to: "logs/app")
        #expect(follower.look() == ["3", "4"])
        folder.move("logs/app", to: "logs/app.1")
        folder.append("5\n", to: "logs/app")
        folder.move("logs/app", to: "logs/app.2")
        #expect(follower.look() == ["5"])
    }

    @Test("What a symbolic link at the path leads to is followed, and told apart by its identity")
    func symbolicLink() {
        folder.append("old\n", to: "target.1")
        folder.symbolicLink("target.1", to: "current")
        let follower = FileTestFollower(folder["current"])
        _ = follower.look()
        folder.append("1\n", to: "target.1")
        #expect(follower.look() == ["1"])
        folder.append("2\n", to: "target.2")
        folder.symbolicLink("target.2", to: "link")
        folder.move("link", to: "current")
        #expect(follower.look() == ["2"])
        folder.move("target.2", to: "target.3")
        folder.append("3\n", to: "target.2")
        #expect(follower.look() == ["3"])
    }

    @Test("A busy directory costs nothing but its records")
    func busyDirectory() {
        for number in 0..<2_000 {
            folder.append("", to: "other.\(number)")
            folder.delete("other.\(number)")
        }
        folder.append("1\n", to: "log")
        folder.move("log", to: "log.1")
        folder.append("2\n", to: "log")
        #expect(follower.look() == ["1", "2"])
    }
}
