import ArgumentParser
import MartletBench

/// `martlet bench latency`
struct LatencyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "latency",
        abstract: "Measure how long updates take at a fixed rate.",
        discussion: """
            Each update says when it was due, on a schedule that waits for nobody; what was sent late because the \
            answer before it took long counts with its delay. Raise --rate until "updates that were due and not sent" \
            is no longer 0, to see what a hub can take.

              martlet bench latency --subscribers 100 --rate 100 --publishers 4
            """
    )

    @OptionGroup var bench: BenchOptions

    @Option(help: ArgumentHelp("Streams.", valueName: "n"))
    var subscribers = 100

    @Option(help: ArgumentHelp("Updates a second over all publishers.", valueName: "n"))
    var rate = 50.0

    @OptionGroup var publishing: PublishingOptions

    @Option(help: ArgumentHelp("Publishers, each with a connection.", valueName: "n"))
    var publishers = 4

    @Option(help: ArgumentHelp("Topics that are published to in turn; each stream asks for one.", valueName: "n"))
    var topics = 1

    mutating func validate() throws {
        try BenchOptions.check("--subscribers", subscribers, 1...1_000_000)
        try publishing.check(publishers: publishers, topics: topics, subscribers: subscribers)
        guard rate >= 0.01, rate <= 10_000_000 else {
            throw ValidationError("--rate takes updates a second, from 0.01 to 10000000; found \(rate).")
        }
    }

    func run() async throws {
        try await bench.run { interruption, tell in
            try await DeliveryLoad(
                name: "latency",
                settings: bench.settings(streams: subscribers, batches: publishing.batch > 1),
                plan: publishing.plan(publishers: publishers, rate: .fixed(rate), topics: topics)
            ).run(interruption: interruption, tell: tell)
        }
    }
}
