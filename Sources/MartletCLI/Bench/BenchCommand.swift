import ArgumentParser

/// `martlet bench`: loads a hub, and tells what it delivered, how fast, and at what cost.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Load any hub, check what it delivers, and tell how fast and at what cost.",
        discussion: """
            Works with Martlet, with any Mercure hub, with nginx and nchan, and, where nothing is published, with any \
            Server-Sent Events URL. Takes no rights that a user doesn't have.

              martlet bench fan-out --subscribers 1000 --rate 20 --pid $(pidof martlet)
              martlet bench latency http://127.0.0.1:3000 --profile mercure --token "$TOKEN"
              martlet bench publish --publishers 32 --batch 100
              martlet bench listen https://example.com/feed --subscribers 10

            Each stream's updates are counted: what is lost, comes twice, or comes in the wrong order is told, and ends \
            the command with status 1. So does a server that refuses or closes streams. Progress goes to standard \
            error, the table (or, with --json, one object) to standard output. Ctrl-C ends the load, and what was \
            measured so far is shown.

            Streams and publishers are in this one process, on cores that it shares with a hub on the same machine; \
            the last line of the table says what it took of them.
            """,
        subcommands: [
            FanOutCommand.self, LatencyCommand.self, BenchPublishCommand.self, IdleCommand.self, JoinCommand.self,
            ReconnectCommand.self, ListenCommand.self, FloorCommand.self,
        ]
    )
}
