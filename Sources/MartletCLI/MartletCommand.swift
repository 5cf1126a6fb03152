import ArgumentParser
import MartletServer

/// The `martlet` program.
@main
struct MartletCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet",
        abstract: "Pushes what changes on a server to every browser that is looking, over Server-Sent Events.",
        discussion: """
            Start a hub:        martlet serve
            Watch a topic:      martlet subscribe http://127.0.0.1:8080/.well-known/mercure --topic greetings
            Publish to it:      martlet publish --topic greetings hello
                        or:      curl -d hello http://127.0.0.1:8080/topics/greetings

            `martlet help serve` tells what the configuration may say.
            """,
        version: HubServer.version,
        subcommands: [
            ServeCommand.self, PublishCommand.self, SubscribeCommand.self, DoctorCommand.self, BenchCommand.self,
            TokenCommand.self, CheckConfigCommand.self,
        ]
    )
}
