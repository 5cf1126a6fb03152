import ArgumentParser
import MartletBench

/// `martlet bench publish`
struct BenchPublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Publish as fast as updates are acknowledged.",
        discussion: """
            Each publisher keeps its connection and sends its next request when the one before it was answered. A \
            stream or more checks that what was acknowledged is delivered, too.

              martlet bench publish --publishers 32
              martlet bench publish --publishers 32 --batch 100
            """
    )

    @OptionGroup var bench: BenchOptions

    @Option(help: ArgumentHelp("Publishers, each with a connection.", valueName: "n"))
    var publishers = 32

    @OptionGroup var publishing: PublishingOptions

    @Option(help: ArgumentHelp("Streams.", valueName: "n"))
    var subscribers = 1

    @Option(help: ArgumentHelp("Topics that are published to in turn; each stream asks for one.", valueName: "n"))
    var topics = 1

    mutating func validate() throws {
        try BenchOptions.check("--subscribers", subscribers, 0...1_000_000)
        try publishing.check(publishers: publishers, topics: topics, subscribers: subscribers)
    }

    func run() async throws {
        try await bench.run { interruption, tell in
            try await DeliveryLoad(
                name: "publish",
                settings: bench.settings(streams: subscribers, batches: publishing.batch > 1),
                plan: publishing.plan(publishers: publishers, rate: .max, topics: topics)
            ).run(interruption: interruption, tell: tell)
        }
    }
}
