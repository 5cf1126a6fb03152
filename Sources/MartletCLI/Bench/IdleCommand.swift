import ArgumentParser
import MartletBench

/// `martlet bench idle`
struct IdleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "idle",
        abstract: "Hold many streams on which nothing happens, and tell what they cost.",
        discussion: """
            Memory is what the server's processes (--pid) hold after the streams were opened, less what they held \
            before; so begin with a server that was just started.

              martlet bench idle --subscribers 10000 --pid $(pidof martlet)
            """
    )

    @OptionGroup var bench: BenchOptions

    @Option(help: ArgumentHelp("Streams.", valueName: "n"))
    var subscribers = 10_000

    @Option(help: ArgumentHelp("For how long to look.", valueName: "seconds"))
    var duration = 10.0

    mutating func validate() throws {
        try BenchOptions.check("--subscribers", subscribers, 1...1_000_000)
        try BenchOptions.check("--duration", seconds: duration, from: 0.1)
    }

    func run() async throws {
        try await bench.run { interruption, tell in
            try await IdleLoad(
                settings: bench.settings(streams: subscribers),
                duration: .milliseconds(Int(duration * 1_000))
            ).run(interruption: interruption, tell: tell)
        }
    }
}
