import Testing

@testable import MartletSources

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

@Suite("The command source", .serialized, .timeLimit(.minutes(1)))
struct CommandSourceTests {
    @Test func `publishes each line while somebody looks`() async throws {
        let program = #"printf 'one\ntwo\r\n\n\377 three\n'; exec sleep 1000"#
        try await CommandBench.run(CommandOptions.shell(program)) { bench in
            bench.look()
            let lines = try await bench.log.wait { $0.count >= 4 }
            #expect(lines == ["one", "two", "", "\u{FFFD} three"])
            #expect(bench.log.arePrivate)
            #expect(bench.monitor.status.watches == 1)
            try await CommandBench.eventually("the updates are counted") { bench.monitor.status.updates == 4 }
        }
    }

    @Test func `gives a program its arguments as they are, and nothing to read`() async throws {
        let program = ["/bin/sh", "-c", #"printf '%s\n' "$@"; cat; exec sleep 1000"#, "sh", "a b", "$HOME;*", ""]
        try await CommandBench.run(program) { bench in
            bench.look()
            let lines = try await bench.log.wait { $0.count >= 3 }
            #expect(lines == ["a b", "$HOME;*", ""])
        }
    }

    @Test func `ends a program and all it has started when nobody looks`() async throws {
        let program = "echo pid $$; sleep 1000 & echo pid $!; (sleep 1000 & echo pid $!; wait) & wait"
        try await CommandBench.run(CommandOptions.shell(program)) { bench in
            for round in 1...3 {
                bench.look()
                let processes = try await bench.processes(3 * round).suffix(3)
                #expect(processes.allSatisfy(CommandBench.isRunning))
                bench.lookAway()
                try await CommandBench.eventually("they are gone") {
                    !processes.contains(where: CommandBench.isRunning)
                }
                try await CommandBench.eventually("nothing is watched") { bench.monitor.status.watches == 0 }
            }
            #expect(bench.monitor.status.errors == 0)
        }
    }

    @Test func `ends a program when the hub ends`() async throws {
        let program = "echo pid $$; sleep 1000 & echo pid $!; wait"
        let processes = Box<[pid_t]>([])
        try await CommandBench.run(CommandOptions.shell(program)) { bench in
            bench.look()
            processes.value = try await bench.processes(2)
        }
        #expect(processes.value.count == 2)
        #expect(!CommandBench.exists(processes.value[0]))
        #expect(!CommandBench.isRunning(processes.value[1]))
    }

    @Test func `tells a program to end also where the hub itself does not listen to that signal`() async throws {
        let former = signal(SIGTERM, SIG_IGN)
        defer { signal(SIGTERM, former) }
        let program = CommandOptions.shell("echo pid $$; exec sleep 1000")
        try await CommandBench.run(program, grace: .seconds(3600)) { bench in
            bench.look()
            let process = try await bench.processes(1)[0]
            bench.lookAway()
            try await CommandBench.eventually("it is gone") { !CommandBench.exists(process) }
        }
    }

    @Test func `kills a program that does not want to end`() async throws {
        let program = "trap '' TERM; echo pid $$; sleep 1000 & echo pid $!; while :; do sleep 1000; done"
        try await CommandBench.run(CommandOptions.shell(program), grace: .milliseconds(100)) { bench in
            bench.look()
            let processes = try await bench.processes(2)
            bench.lookAway()
            try await CommandBench.eventually("they are gone") { !processes.contains(where: CommandBench.isRunning) }
        }
    }

    @Test func `kills what a program leaves behind that does not want to end`() async throws {
        let program = "(trap '' TERM; sleep 1000 & echo pid $!; wait; sleep 1000) & echo pid $$; wait"
        try await CommandBench.run(CommandOptions.shell(program), grace: .milliseconds(100)) { bench in
            bench.look()
            let processes = try await bench.processes(2)
            bench.lookAway()
            try await CommandBench.eventually("they are gone") { !processes.contains(where: CommandBench.isRunning) }
        }
    }

    @Test func `gives all of a program's processes time to end by themselves`() async throws {
        // The shell ends at once; what it has started says goodbye first.
        let folder = FileTestFolder()
        let program =
            "(trap 'sleep 0.2; echo bye > \(folder["bye"]); exit' TERM; echo up; while :; do sleep 0.05; done) & wait"
        try await CommandBench.run(CommandOptions.shell(program), grace: .seconds(30)) { bench in
            bench.look()
            try await bench.log.wait { $0 == ["up"] }
            bench.lookAway()
            try await CommandBench.eventually("it has said goodbye") { access(folder["bye"], F_OK) == 0 }
        }
    }

    @Test func `starts a program again that has closed its output`() async throws {
        try await CommandBench.run(CommandOptions.shell("echo pid $$; exec >&- 2>&-; sleep 1000")) { bench in
            bench.look()
            let processes = try await bench.processes(2)
            #expect(!CommandBench.exists(processes[0]))
            #expect(bench.monitor.status.problem == "sh was ended by signal 15")
        }
    }

    @Test func `lets a program go on for those who come back soon`() async throws {
        let program = "echo pid $$; while :; do echo tick; sleep 0.01; done"
        try await CommandBench.run(CommandOptions.shell(program), linger: .seconds(3600)) { bench in
            bench.look()
            try await bench.log.wait { $0.count >= 2 }
            bench.lookAway()
            let count = bench.log.lines.count
            try await bench.log.wait { $0.count >= count + 5 }
            bench.look()
            try await bench.log.wait { $0.count >= count + 10 }
            let processes = try await bench.processes(1)
            #expect(processes.count == 1)
        }
    }

    @Test func `starts a program again that was killed`() async throws {
        try await CommandBench.run(CommandOptions.shell("echo pid $$; exec sleep 1000")) { bench in
            bench.look()
            let first = try await bench.processes(1)[0]
            kill(first, SIGKILL)
            let second = try await bench.processes(2)[1]
            #expect(second != first && CommandBench.exists(second) && !CommandBench.exists(first))
            #expect(bench.monitor.status.problem == "sh was ended by signal 9")
            #expect(bench.monitor.status.errors == 1)
        }
    }

    @Test(
        "says how a program ended",
        arguments: [
            (["sh", "-c", "exit 0"], "sh ended with exit status 0"),
            (["sh", "-c", "exit 3"], "sh ended with exit status 3"),
            (["/bin/sh", "-c", "kill -TERM $$"], "/bin/sh was ended by signal 15"),
            (["no-such-program-here"], "cannot run no-such-program-here: "),
            (["/no/such/program"], "cannot run /no/such/program: "), (["/etc/passwd"], "cannot run /etc/passwd: "),
        ]
    )
    func ends(_ program: [String], _ sentence: String) async throws {
        try await CommandBench.run(program) { bench in
            bench.look()
            try await CommandBench.eventually("it has ended") { bench.monitor.status.problem != nil }
            #expect(bench.monitor.status.problem?.hasPrefix(sentence) == true)
        }
    }

    @Test func `publishes what a program has written at its end, also without a line end`() async throws {
        try await CommandBench.run(CommandOptions.shell("seq 1 5000; printf end")) { bench in
            bench.look()
            let lines = try await bench.log.wait { $0.contains("end") }
            #expect(Array(lines.prefix(5_001)) == (1...5_000).map { String($0) } + ["end"])
        }
    }

    @Test func `reads no more than the log takes in`() async throws {
        try await CommandBench.run(CommandOptions.shell("i=0; while :; do echo $i; i=$((i+1)); done")) { bench in
            bench.log.stop()
            bench.look()
            try await CommandBench.eventually("something waits for the log") { bench.log.appends == 1 }
            bench.log.goOn()
            try await bench.log.wait { $0.count > 5_000 }
            bench.log.stop()
            let count = bench.log.lines.count
            bench.log.goOn()
            let lines = try await bench.log.wait { $0.count > count + 5_000 }
            #expect(lines == lines.indices.map { String($0) })
        }
    }

    #if os(Linux)
    @Test func `makes a program wait that writes faster than the log`() async throws {
        @Sendable func written(_ process: pid_t) -> UInt64 {
            guard let file = fopen("/proc/\(process)/io", "r") else { return 0 }
            defer { fclose(file) }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = fread(&buffer, 1, buffer.count, file)
            for var line in ProcText(buffer.prefix(count)).lines where line.word() == "wchar:" {
                return line.number() ?? 0
            }
            return 0
        }
        try await CommandBench.run(CommandOptions.shell("echo pid $$; exec yes")) { bench in
            bench.look()
            let process = try await bench.processes(1)[0]
            bench.log.stop()
            let before = written(process)
            var last: UInt64 = 0
            try await CommandBench.eventually("it waits") {
                defer { last = written(process) }
                usleep(5_000)
                return last > 0 && written(process) == last
            }
            #expect(last - before < 8 << 20)
            bench.log.goOn()
            try await CommandBench.eventually("it goes on") { written(process) > last + (256 << 10) }
            bench.lookAway()
            try await CommandBench.eventually("it is gone") { !CommandBench.exists(process) }
        }
    }

    @Test func `leaves no zombie and no descriptor`() async throws {
        func pipes() -> Int {
            var count = 0
            for descriptor in 0..<Int32(1024) {
                var status = stat()
                if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFIFO { count += 1 }
            }
            return count
        }
        let before = pipes()
        let processes = Box<[pid_t]>([])
        let program = CommandOptions.shell("echo pid $$; echo oops >&2; exit 1")
        try await CommandBench.run(program, clock: ImpatientClock { _ in true }) { bench in
            bench.look()
            processes.value = try await bench.processes(30)
        }
        #expect(!processes.value.contains(where: CommandBench.exists))
        #expect(pipes() == before)
    }
    #endif

    @Test func `cuts a line that does not end`() async throws {
        let program = "head -c 3000000 /dev/zero | tr '\\0' x; echo; echo next; exec sleep 1000"
        try await CommandBench.run(CommandOptions.shell(program)) { bench in
            bench.look()
            let lines = try await bench.log.wait { $0.count >= 2 }
            #expect(lines[0].hasPrefix("xxxx"))
            #expect(lines[0].hasSuffix("x … [cut: \(3_000_000 - 65536) bytes more]"))
            #expect(lines[1] == "next")
        }
    }

    @Test func `keeps lines that the log refuses, and offers them again`() async throws {
        let program = CommandOptions.shell("echo one; echo two; exec sleep 1000")
        try await CommandBench.run(program, clock: ImpatientClock { $0 < .seconds(5) }) { bench in
            bench.log.refuse(true)
            bench.look()
            try await CommandBench.eventually("it is refused") { bench.monitor.status.errors > 2 }
            #expect(bench.monitor.status.problem?.contains("the disk is full") == true)
            bench.log.refuse(false)
            let lines = try await bench.log.wait { $0.count >= 2 }
            #expect(lines == ["one", "two"])
            try await CommandBench.eventually("all is well") { bench.monitor.status.problem == nil }
        }
    }

    @Test func `tells the logger what a program says on its standard error`() async throws {
        let program = "echo oops >&2; seq 1 1000 >&2; echo out; exec sleep 1000"
        try await CommandBench.run(CommandOptions.shell(program)) { bench in
            bench.look()
            try await bench.log.wait { $0 == ["out"] }
            try await CommandBench.eventually("it is told") { bench.told.lines.count >= 20 }
            #expect(bench.told.lines.prefix(2) == ["info sh: oops", "info sh: 1"])
            #expect(bench.told.lines.count < 50)
        }
    }

    @Test func `hides the hub's settings from a program`() async throws {
        let changes = CommandSource<ContinuousClock>.withoutSettings(["PATH", "MARTLET_KEY", "MARTLET"])
        #expect(changes.map { String(describing: $0.key) } == ["MARTLET_KEY"])
        #expect(changes.allSatisfy { $0.value == nil })
        // The tests may themselves be run with such settings.
        try await CommandBench.run(CommandOptions.shell("env; echo end; exec sleep 1000")) { bench in
            bench.look()
            let lines = try await bench.log.wait { $0.last == "end" }
            #expect(lines.contains { $0.hasPrefix("PATH=") })
            #expect(!lines.contains { $0.hasPrefix("MARTLET_") })
        }
    }

    @Test func `waits longer and longer, and never the same time`() {
        for (failures, most) in [(1, 0.5), (2, 1), (3, 2), (6, 16), (7, 30), (1000, 30)] {
            let waits = (0..<100).map { _ in Backoff.delay(after: failures) / .seconds(1) }
            #expect(waits.allSatisfy { $0 >= most / 2 && $0 <= most })
            #expect(Set(waits).count > 10)
        }
    }
}

@Suite("What is told of a standard error")
struct ErrorLinesTests {
    private func take(_ text: String, _ lines: inout ErrorLines<ContinuousClock.Instant>, after time: Duration)
        -> [String]
    {
        Array(text.utf8).withUnsafeBytes { lines.take($0, now: Self.start + time) }
    }

    private static let start = ContinuousClock.now

    @Test func `is twenty lines in a second, and how many more there were`() {
        var lines = ErrorLines(start: Self.start)
        #expect(self.take("a\nb", &lines, after: .zero) == ["a"])
        #expect(self.take("c\n" + String(repeating: "x\n", count: 100), &lines, after: .milliseconds(10)).count == 19)
        #expect(self.take("y\n", &lines, after: .milliseconds(990)) == [])
        #expect(
            self.take("z\n", &lines, after: .milliseconds(1010)) == ["… and 83 more lines, which are not shown", "z"]
        )
        #expect(self.take("last", &lines, after: .milliseconds(1020)) == [])
        #expect(lines.finish() == ["last"])
        #expect(lines.finish() == [])
    }

    @Test func `is the beginning of a long line`() {
        var lines = ErrorLines(start: Self.start)
        let told = self.take(String(repeating: "x", count: 5000) + "\n", &lines, after: .zero)
        #expect(told == [String(repeating: "x", count: 1024) + " … [cut: 3976 bytes more]"])
    }
}
