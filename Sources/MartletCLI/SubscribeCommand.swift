import ArgumentParser
import EventSourceClient
import NIOHTTP1
import ServerSentEvents

/// `martlet subscribe`: prints the events of any Server-Sent Events stream as they come.
struct SubscribeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subscribe",
        abstract: "Print the events of a stream as they come.",
        discussion: """
            Works on any Server-Sent Events URL. Events go to standard output, everything else to standard error.

              martlet subscribe http://127.0.0.1:8080/topics/greetings
              martlet subscribe http://127.0.0.1:8080/.well-known/mercure --topic time
              martlet subscribe https://example.com/feed --json --count 9 | jq .data

            An event is printed as `[id] type: data`, with the further lines of its data indented and control \
            characters as ^X or M-^X; with --json as one object on a line:

              {"id":"k3f9x-1042","type":"message","data":"hello"}

            When the connection is lost or the server ends the stream, it connects again, as EventSource does in a \
            browser, and goes on after the last event seen. It ends with status 0 when the server answers 204, after \
            --count events, on Ctrl-C, and when nobody reads its output any more; with status 1 and a sentence when \
            the server refuses, and when its output can't be written.
            """
    )

    @Argument(help: "The URL of the stream.")
    var url: String

    @Option(
        name: .customLong("topic"),
        help: ArgumentHelp(
            "Subscribe to this topic. May be given several times; appended to the URL as `topic=`.",
            valueName: "topic"
        )
    )
    var topics: [String] = []

    @Option(
        name: .customLong("last-event-id"),
        help: ArgumentHelp("Begin after the event with this id.", valueName: "id")
    )
    var lastEventID = ""

    @Option(help: ArgumentHelp("Send this token, as `Authorization: Bearer`.", valueName: "jwt"))
    var token: String?

    @Option(
        name: .customLong("header"),
        help: ArgumentHelp(
            "Send this header, e.g. 'Cookie: a=b'. May be given several times.",
            valueName: "name: value"
        ),
        transform: HeaderArgument.init
    )
    var headers: [HeaderArgument] = []

    @Flag(help: "Print one JSON object per event and line.")
    var json = false

    @Option(help: ArgumentHelp("End after this many events.", valueName: "n"))
    var count: Int?

    mutating func validate() throws {
        try refuseUserinfo(in: url)
        guard hasHTTPScheme(url) else { throw noURL(url, "of a stream") }
        if let count, count < 1 {
            throw ValidationError("--count takes a number from 1 up.")
        }
        if headers.contains(where: { $0.name.lowercased() == "last-event-id" }) {
            throw ValidationError("Last-Event-ID changes with each event; say where to begin with --last-event-id.")
        }
    }

    mutating func run() async throws {
        // A reader that has gone away is found out by the error of the write, not by a signal that kills.
        StandardOutput.ignoreBrokenPipes()
        let command = self
        try await endingOnInterrupt { try await command.printEvents() }
    }

    private func printEvents() async throws {
        let format: EventFormat = json ? .json : .text
        var text: [UInt8] = []
        var left = count ?? .max
        var report = ConnectionReport()
        var batches = source.items.makeAsyncIterator()
        do {
            while left > 0, let batch = try await batches.nextBatch() {
                text.removeAll(keepingCapacity: true)
                for item in batch where left > 0 {
                    switch item {
                    case .event(let event):
                        format.append(event, to: &text)
                        left -= 1
                    case .state(let state): report.took(state)
                    case .comment: break
                    }
                }
                // What came together is written together; a reader behind a pipe still gets each event at once.
                guard try text.isEmpty || StandardOutput.write(text) else { return }
            }
        } catch let error as EventSourceError {
            StandardError.write(RefusalSentence(error).text)
            throw ExitCode.failure
        }
    }

    private var source: EventSource {
        var all = HTTPHeaders(headers.map { ($0.name, $0.value) })
        if let token { all.replaceOrAdd(name: "Authorization", value: "Bearer \(token)") }
        // Some public streams refuse who does not say who he is.
        if !all.contains(name: "User-Agent") { all.add(name: "User-Agent", value: "martlet") }
        return EventSource(
            appendingTopics(topics, to: url),
            headers: all,
            configuration: .init(lastEventID: lastEventID)
        )
    }
}
