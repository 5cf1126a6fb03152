import ArgumentParser
import MartletBench

/// `martlet bench listen`
struct ListenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "listen",
        abstract: "Listen to any stream many times over, and publish nothing.",
        discussion: """
            For streams whose events come from elsewhere: how many come, and what they cost the server.

              martlet bench listen https://example.com/feed --subscribers 10 --duration 60
            """
    )

    @OptionGroup var bench: BenchOptions

    @Option(help: ArgumentHelp("Streams.", valueName: "n"))
    var subscribers = 100

    @Option(help: ArgumentHelp("For how long to listen.", valueName: "seconds"))
    var duration = 10.0

    /// The size of the payloads of `martlet bench floor`, whose readers run this command.
    @Option(help: .hidden)
    var floorPayload: Int?

    mutating func validate() throws {
        try BenchOptions.check("--subscribers", subscribers, 1...1_000_000)
        try BenchOptions.check("--duration", seconds: duration, from: 0.1)
        guard let url = bench.url else { throw ValidationError("Say what to listen to: the URL of a stream.") }
        guard hasHTTPScheme(url) else { throw noURL(url, "of a stream") }
        bench.profile = .sse
    }

    func run() async throws {
        try await bench.run { interruption, tell in
            try await ListenLoad(
                settings: bench.settings(streams: subscribers),
                duration: .milliseconds(Int(duration * 1_000)),
                ownPayloadBytes: floorPayload
            ).run(interruption: interruption, tell: tell)
        }
    }
}
