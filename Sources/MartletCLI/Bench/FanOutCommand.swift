import ArgumentParser
import MartletBench

/// `martlet bench fan-out`
struct FanOutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fan-out",
        abstract: "Publish to many streams, and count what each of them receives.",
        discussion: """
            The updates are due at fixed times (--rate), or are published as fast as they are acknowledged (--rate \
            max), one at a time by each publisher, or each when the one before it has reached all streams (--rate step). Latency is from when an update was due until a stream had it, so \
            that waiting for a slow hub is not left out of it.

              martlet bench fan-out --subscribers 10000 --rate 2 --pid $(pidof martlet)
              martlet bench fan-out --subscribers 100 --publishers 16 --rate max
            """
    )

    @OptionGroup var bench: BenchOptions

    @Option(help: ArgumentHelp("Streams.", valueName: "n"))
    var subscribers = 1_000

    @Option(help: ArgumentHelp("Updates a second over all publishers, max, or step.", valueName: "n"))
    var rate = UpdateRate.fixed(10)

    @OptionGroup var publishing: PublishingOptions

    @Option(help: ArgumentHelp("Publishers, each with a connection.", valueName: "n"))
    var publishers = 1

    @Option(help: ArgumentHelp("Topics that are published to in turn; each stream asks for one.", valueName: "n"))
    var topics = 1

    @Option(
        help: ArgumentHelp(
            "Further topics that each stream asks for, to which nobody publishes (martlet and mercure).",
            valueName: "n"
        )
    )
    var ownTopics = 0

    @Option(
        help: ArgumentHelp(
            "Topics that other streams ask for, 300 each, to which nobody publishes (martlet and mercure).",
            valueName: "n"
        )
    )
    var otherTopics = 0

    mutating func validate() throws {
        try BenchOptions.check("--subscribers", subscribers, 1...1_000_000)
        try publishing.check(publishers: publishers, topics: topics, subscribers: subscribers)
        try BenchOptions.check("--own-topics", ownTopics, 0...1_000)
        try BenchOptions.check("--other-topics", otherTopics, 0...1_000_000)
        guard ownTopics + otherTopics == 0 || bench.profile.hasManyTopics else {
            throw ValidationError("--own-topics and --other-topics take a hub of the Mercure protocol.")
        }
        guard topics + ownTopics * subscribers + 2 * otherTopics < 10_000_000 else {
            throw ValidationError("Topics are numbered, up to 10 million.")
        }
    }

    func run() async throws {
        try await bench.run { interruption, tell in
            try await DeliveryLoad(
                name: "fan-out",
                settings: bench.settings(streams: subscribers, batches: publishing.batch > 1),
                plan: publishing.plan(publishers: publishers, rate: rate, topics: topics),
                ownTopics: ownTopics,
                otherTopics: otherTopics
            ).run(interruption: interruption, tell: tell)
        }
    }
}
