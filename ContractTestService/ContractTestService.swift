import ArgumentParser
import EventSourceClient

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The program: `ContractTestService --port 8000`.
@main
struct ContractTestService: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ContractTestService",
        abstract: "Open streams with EventSourceClient on command, and report what they bring.",
        discussion: """
            Speaks the protocol of LaunchDarkly's SSE contract tests, on 127.0.0.1. README.md beside the sources has \
            it in short. Ends on DELETE /, SIGINT and SIGTERM.
            """
    )

    @Option(help: "The port to listen on; 0 for one that is free, which is then printed.")
    var port = 8000

    mutating func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port takes a number from 0 to 65535.") }
    }

    mutating func run() async throws {
        try await ContractService(port: port, client: .forStreams).run { port in
            print("Listening on http://127.0.0.1:\(port)")
            // Standard output to a pipe is buffered, and who started this waits for the port.
            fflush(nil)
        }
    }
}
