import ArgumentParser
import AsyncHTTPClient
import EventSourceClient
import MartletServer
import NIOCore
import NIOHTTP1

/// `martlet publish`: publishes one update to a hub.
struct PublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Publish an update to a hub.",
        discussion: """
            Speaks the Mercure protocol, so it works with any Mercure hub. Prints the id the update was given; the hub \
            has it in its log by then.

              martlet publish --topic greetings hello
              martlet publish --topic users/42/notices --private '{"notice_num":3}'
              df -h / | martlet publish --hub https://example.com --topic disk
              martlet publish --topic numbers -- -5

            Without DATA, or with -, the data is all of standard input, up to 16 MiB, without its last newline, as \
            $(…) takes it in a shell.

            MARTLET_HUB in the environment is the hub, MARTLET_TOKEN the token, where the options do not say \
            otherwise. A hub's URL without a path means the one of the Mercure protocol, /.well-known/mercure.
            """
    )

    @Option(help: ArgumentHelp("The hub. (default: http://127.0.0.1:8080)", valueName: "url"))
    var hub: String?

    @Option(
        name: .customLong("topic"),
        help: ArgumentHelp("A topic of the update. May be given several times.", valueName: "topic")
    )
    var topics: [String] = []

    @Option(help: ArgumentHelp("The type of the event, what a page listens for.", valueName: "type"))
    var type: String?

    @Option(help: ArgumentHelp("The id of the update; the hub makes one otherwise.", valueName: "id"))
    var id: String?

    @Flag(name: .customLong("private"), help: "Only for subscribers whose token grants the topic.")
    var isPrivate = false

    @Option(help: ArgumentHelp("How long subscribers wait before reconnecting.", valueName: "milliseconds"))
    var retry: Int?

    @Option(help: ArgumentHelp("Send this token, as `Authorization: Bearer`.", valueName: "jwt"))
    var token: String?

    @Argument(help: "The data of the update; - or nothing for standard input.")
    var data: String?

    mutating func validate() throws {
        if topics.isEmpty { throw ValidationError("An update needs a topic: --topic greetings, for instance.") }
        if let retry, retry < 0 { throw ValidationError("--retry takes milliseconds, from 0 up.") }
        try refuseUserinfo(in: address, use: "--token")
        guard hasHTTPScheme(address) else { throw noURL(address, "of a hub") }
    }

    mutating func run() async throws {
        StandardOutput.ignoreBrokenPipes()
        let answer: String
        do throws(PublishRefusal) {
            let update = PublishForm(
                topics: topics,
                data: try readData(),
                type: type,
                id: id,
                isPrivate: isPrivate,
                retry: retry
            )
            answer = try await post(update)
        } catch {
            StandardError.write(error.sentence)
            throw ExitCode.failure
        }
        try StandardOutput.write(Array((answer + "\n").utf8))
    }

    private var address: String {
        hubAddress(hub ?? environmentValue("MARTLET_HUB") ?? "http://127.0.0.1:8080")
    }

    private func readData() throws(PublishRefusal) -> [UInt8] {
        guard let data, data != "-" else { return try readStandardInput() }
        return Array(data.utf8)
    }

    /// The id, as the hub says it.
    private func post(_ update: PublishForm) async throws(PublishRefusal) -> String {
        var request = HTTPClientRequest(url: address)
        request.method = .POST
        request.headers = ["Content-Type": "application/x-www-form-urlencoded", "User-Agent": "martlet"]
        if let token = token ?? environmentValue("MARTLET_TOKEN") {
            request.headers.add(name: "Authorization", value: "Bearer \(token)")
        }
        request.body = .bytes(ByteBuffer(bytes: update.encoded))
        let deadline = NIODeadline.now() + .seconds(30)
        let shown = redactedURL(address)
        let status: HTTPResponseStatus
        let body: String
        do {
            let response = try await HTTPClient.forStreams.execute(request, deadline: deadline)
            status = response.status
            body = String(buffer: try await response.body.collect(upTo: 1 << 20, by: deadline))
        } catch {
            throw PublishRefusal(sentence: "cannot publish to \(shown): \(reason(of: error))")
        }
        guard (200..<300).contains(status.code) else {
            throw PublishRefusal(sentence: RefusalSentence("\(shown) refused: \(status)", body: body).text)
        }
        return body.last == "\n" ? String(body.dropLast()) : body
    }
}

/// Why an update was not published, in a sentence.
struct PublishRefusal: Error {
    let sentence: String
}
