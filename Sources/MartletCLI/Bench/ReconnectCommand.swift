import ArgumentParser
import MartletBench

/// `martlet bench reconnect`
struct ReconnectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconnect",
        abstract: "Cut all streams at once and have them resume.",
        discussion: """
            All streams receive an update and are cut. Updates are published while nobody is there. Then all streams \
            come back at once, each with the id it saw last, and have to receive what they missed, in order and once; \
            and one more, which is published when they have it. --concurrency says how many ask at once.

              martlet bench reconnect --subscribers 10000 --missed 100 --pid $(pidof martlet)
            """
    )

    @OptionGroup var bench: BenchOptions

    @Option(help: ArgumentHelp("Streams.", valueName: "n"))
    var subscribers = 10_000

    @Option(help: ArgumentHelp("Updates that are published while the streams are cut.", valueName: "n"))
    var missed = 100

    @Option(help: ArgumentHelp("Bytes of an update's data, from 34 up.", valueName: "bytes"))
    var size = 120

    mutating func validate() throws {
        try BenchOptions.check("--subscribers", subscribers, 1...1_000_000)
        try BenchOptions.check("--missed", missed, 1...1_000_000)
        try BenchOptions.check("--size", size, 34...1_000_000)
    }

    func run() async throws {
        try await bench.run { interruption, tell in
            try await ReconnectLoad(settings: bench.settings(streams: subscribers), missed: missed, payloadBytes: size)
                .run(interruption: interruption, tell: tell)
        }
    }
}
