import ArgumentParser
import MartletBench

/// `martlet bench join`
struct JoinCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join",
        abstract: "Open many streams as fast as the server answers.",
        discussion: """
            Once all are open an update is published, which each of them has to receive. --concurrency says how many \
            ask at once.

              martlet bench join --subscribers 10000 --concurrency 1000
            """
    )

    @OptionGroup var bench: BenchOptions

    @Option(help: ArgumentHelp("Streams.", valueName: "n"))
    var subscribers = 10_000

    @Option(help: ArgumentHelp("Bytes of the update's data, from 34 up.", valueName: "bytes"))
    var size = 120

    mutating func validate() throws {
        try BenchOptions.check("--subscribers", subscribers, 1...1_000_000)
        try BenchOptions.check("--size", size, 34...1_000_000)
    }

    func run() async throws {
        try await bench.run { interruption, tell in
            try await JoinLoad(settings: bench.settings(streams: subscribers), payloadBytes: size)
                .run(interruption: interruption, tell: tell)
        }
    }
}
