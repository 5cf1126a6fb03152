import Testing

@testable import MartletSources

@Suite("Following a file in trouble")
struct FileFollowerProblemTests {
    let folder = FileTestFolder()

    /// A journal that says what a test tells it.
    final class ToldJournal: FileRenameJournal {
        var records: [(FileRenameRecord.Kind, String, UInt32)] = []
        /// What happens in the directory at the next drains, one each.
        var meanwhile: [() -> Void] = []

        func drain(_ visit: (FileRenameRecord) -> Void) {
            if !meanwhile.isEmpty { meanwhile.removeFirst()() }
            let drained = records
            records = []
            for (kind, name, move) in drained {
                Array(name.utf8).withUnsafeBytes { visit(FileRenameRecord(kind: kind, name: $0, move: move)) }
            }
        }

        func settle() {}
    }

    @Test("A directory in place of the file is reported once, and its end too")
    func directoryInPlace() {
        folder.makeDirectory("log")
        let follower = FileTestFollower(folder["log"])
        for _ in 0..<5 { #expect(follower.look() == []) }
        #expect(follower.reports == ["\(folder["log"]) is a directory, not a file; waiting for a file in its place."])
        folder.remove("log")
        folder.append("1\n", to: "log")
        #expect(follower.look() == ["1"])
        #expect(follower.reports.last == "")
        #expect(follower.reports.count == 2)
    }

    @Test("A symbolic link that leads to itself is reported with what the system says of it")
    func linkLoop() {
        folder.symbolicLink("log", to: "log")
        let follower = FileTestFollower(folder["log"])
        for _ in 0..<3 { #expect(follower.look() == []) }
        #expect(follower.reports.count == 1)
        #expect(follower.reports.first?.contains("Too many levels of symbolic links") == true)
        folder.delete("log")
        folder.append("1\n", to: "log")
        #expect(follower.look() == ["1"])
    }

    @Test("A missing directory is reported once")
    func missingDirectory() {
        let follower = FileTestFollower(folder["a/log"])
        for _ in 0..<3 { #expect(follower.look() == []) }
        #expect(follower.reports.count == 1)
        #expect(follower.reports.first?.contains("No such file or directory") == true)
    }

    @Test("Without a journal, generations are told apart by what lies at the path")
    func withoutJournal() {
        folder.append("old\n", to: "log")
        let follower = FileTestFollower(folder["log"]) { _, _ throws(FileErrno) in
            throw FileErrno(code: 28)
        }
        _ = follower.look()
        for number in 0..<5 {
            folder.append("\(number) a\n", to: "log")
            folder.move("log", to: "log.\(number)")
            folder.append("\(number) b\n", to: "log.\(number)")
            folder.append("\(number) c\n", to: "log")
            #expect(follower.look() == ["\(number) a", "\(number) b", "\(number) c"])
        }
        #expect(follower.reports.count == 1)
        #expect(follower.reports.first?.contains("can't be watched for renames: No space left on device") == true)
    }

    @Test("When the kernel drops records, what lies at the path is followed, and the loss is reported")
    func lostRecords() {
        let journal = ToldJournal()
        folder.append("old\n", to: "log")
        let follower = FileTestFollower(folder["log"]) { _, _ throws(FileErrno) in journal }
        _ = follower.look()
        folder.append("1\n", to: "log")
        folder.move("log", to: "log.1")
        folder.append("2\n", to: "log")
        journal.records = [(.appeared, "log", 0), (.lost, "", 0)]
        #expect(follower.look() == ["1", "2"])
        #expect(follower.reports.count == 1)
        #expect(follower.reports.first?.contains("The kernel dropped renames") == true)
        folder.append("3\n", to: "log")
        #expect(follower.look() == ["3"])
        #expect(follower.reports.last == "")
    }

    @Test("A rotation between the drain and the opening is noticed, and each generation is read once")
    func rotationWhileOpening() {
        for moment in 1...4 {
            let folder = FileTestFolder()
            let journal = ToldJournal()
            folder.append("old\n", to: "log")
            let follower = FileTestFollower(folder["log"]) { _, _ throws(FileErrno) in journal }
            _ = follower.look()

            folder.move("log", to: "log.0")
            folder.append("1\n", to: "log")
            let known: [(FileRenameRecord.Kind, String, UInt32)] = [
                (.left, "log", 1), (.appeared, "log.0", 1), (.appeared, "log", 0),
            ]
            let rotate = {
                folder.move("log", to: "log.1")
                folder.append("2\n", to: "log")
            }
            let told: [(FileRenameRecord.Kind, String, UInt32)] = [
                (.left, "log", 2), (.appeared, "log.1", 2), (.appeared, "log", 0),
            ]
            journal.meanwhile = (1...4).map { number in
                return {
                    if number == 1 { journal.records += known }
                    if number == moment {
                        rotate()
                        journal.records += told
                    }
                }
            }
            let lines = follower.look() + follower.look() + follower.look()
            #expect(lines == ["1", "2"], "moment \(moment)")
        }
    }

    @Test("What was opened under a name that meant something else meanwhile is not read")
    func doubtfulName() {
        let journal = ToldJournal()
        folder.append("old\n", to: "log")
        let follower = FileTestFollower(folder["log"]) { _, _ throws(FileErrno) in journal }
        _ = follower.look()
        folder.append("1\n", to: "log")
        folder.move("log", to: "log.0")
        // The journal is behind: it believes the generation at log.1, where a foreign file lies by now.
        folder.append("2\n", to: "log.2")
        folder.append("foreign\n", to: "log.1")
        journal.meanwhile = [
            { journal.records = [(.appeared, "log", 0), (.left, "log", 1), (.appeared, "log.1", 1)] },
            { journal.records = [(.left, "log.1", 2), (.appeared, "log.2", 2), (.appeared, "log.1", 0)] },
        ]
        #expect(follower.look() == ["1", "2"])
    }

    @Test("Half a move, seen when the other half is still to come, loses no generation")
    func halfMove() {
        for moment in 1...3 {
            let folder = FileTestFolder()
            let journal = ToldJournal()
            folder.append("old\n", to: "log")
            let follower = FileTestFollower(folder["log"]) { _, _ throws(FileErrno) in journal }
            _ = follower.look()
            folder.append("1\n", to: "log")
            folder.move("log", to: "log.0")
            folder.append("2\n", to: "log")
            folder.move("log", to: "log.1")
            folder.append("3\n", to: "log")
            // Two wait: while the first is opened, the second moves.
            journal.records = [
                (.left, "log", 1), (.appeared, "log.0", 1), (.appeared, "log", 0),
                (.left, "log", 2), (.appeared, "log.1", 2), (.appeared, "log", 0),
            ]
            journal.meanwhile = (1...4).map { number in
                return {
                    if number == moment {
                        folder.move("log", to: "log.2")
                        journal.records += [(.left, "log", 3)]
                    }
                    if number == moment + 1 {
                        folder.append("4\n", to: "log")
                        journal.records += [(.appeared, "log.2", 3), (.appeared, "log", 0)]
                    }
                }
            }
            let lines = follower.look() + follower.look() + follower.look()
            #expect(lines == ["1", "2", "3", "4"], "moment \(moment)")
        }
    }
}
