import ArgumentParser
import NIOHTTP1
import NIOSSL

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// `martlet doctor`: what stands between a server and a browser.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Examine a stream as a browser would see it, and tell what to do about it.",
        discussion: """
            Works on any Server-Sent Events URL: is it a stream, does something buffer or compress it, are there \
            heartbeats, is it cut, does it resume, may pages of an origin read it, how many streams can a browser have.

              martlet doctor http://127.0.0.1:8080/topics/greetings
              martlet doctor https://example.com/.well-known/mercure --topic news --origin https://app.example
              martlet doctor https://example.com/feed --listen 90 --json

            At a Mercure hub it subscribes to a random topic of its own and publishes a few small public updates to it, \
            to see how long they take; --token is sent with that as with everything, and --no-publish prevents it.

            It ends with status 0 if a browser gets its events, 1 if not, and 2 if there was nobody to ask.
            """
    )

    @Argument(help: "The URL of the stream.")
    var url: String

    @Option(
        name: .customLong("topic"),
        help: ArgumentHelp(
            "Listen to this topic. May be given several times; appended to the URL as `topic=`.",
            valueName: "topic"
        )
    )
    var topics: [String] = []

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

    @Option(help: ArgumentHelp("Ask whether pages of this origin may read it.", valueName: "https://app.example"))
    var origin: String?

    @Option(help: ArgumentHelp("How long to listen, from 1 to 3600.", valueName: "seconds"))
    var listen: Double = 20

    @Option(
        name: .customLong("publish-url"),
        help: ArgumentHelp("Where to publish, if not to the hub at the URL.", valueName: "url")
    )
    var publishURL: String?

    @Flag(name: .customLong("no-publish"), help: "Publish nothing.")
    var isSilent = false

    @Option(
        name: .customLong("ca-file"),
        help: ArgumentHelp("Trust the authorities in this file, too (PEM).", valueName: "file")
    )
    var authorities: String?

    @Flag(help: "Print one JSON object with all findings.")
    var json = false

    mutating func validate() throws {
        try refuseUserinfo(in: url)
        guard hasHTTPScheme(url), DoctorTarget(url) != nil else { throw noURL(url, "of a stream") }
        guard listen >= 1, listen <= 3600 else {
            throw ValidationError("--listen takes seconds, from 1 to 3600.")
        }
        if let publishURL {
            try refuseUserinfo(in: publishURL)
            guard DoctorTarget(publishURL) != nil else { throw noURL(publishURL, "to publish to") }
        }
        if publishURL != nil, isSilent {
            throw ValidationError("--publish-url and --no-publish exclude each other.")
        }
        if let origin, DoctorTarget(origin)?.origin != origin {
            throw ValidationError(
                "'\(origin)' is no origin as browsers send it: scheme and host, a port if it is not the usual one, "
                    + "all in small letters, and nothing behind, such as https://app.example."
            )
        }
        if headers.contains(where: { ["last-event-id", "origin", "accept-encoding"].contains($0.name.lowercased()) }) {
            throw ValidationError("Last-Event-ID, Origin and Accept-Encoding are what the doctor tries by itself.")
        }
    }

    mutating func run() async throws {
        StandardOutput.ignoreBrokenPipes()
        let trust = try readAuthorities()
        let topic = "doctor/" + String(UInt64.random(in: .min ... .max), radix: 36)
        let address = self.address(topic: topic)
        guard let target = DoctorTarget(address) else { throw noURL(address, "of a stream") }
        let client = DoctorClient(headers: requestHeaders, trust: trust)
        let run = DoctorRun(
            target: target,
            client: client,
            connections: ConnectionProbe(trust: trust),
            listen: listen,
            isAuthorized: sendsToken || sendsCookies,
            hub: isSilent ? nil : DoctorHub(target, publishURL: publishURL, topic: topic),
            cors: origin.map { CORSRecord(origin: $0, sendsCookies: sendsCookies, sendsToken: sendsToken) },
            progress: { StandardError.write($0) }
        )
        let examination = await run.examine()
        await client.shutdown()
        let report = DoctorReport(url: address, findings: examination.findings)
        let isColoured = isatty(STDOUT_FILENO) == 1 && environmentValue("NO_COLOR") == nil
        try StandardOutput.write(json ? report.json : report.text(isColoured: isColoured))
        if report.outcome != .fit { throw ExitCode(report.outcome.rawValue) }
    }

    /// The URL with its topics. A hub's own path needs one; if none is said, it is one on which nothing happens.
    func address(topic: String) -> String {
        let needsTopic = url.prefix { $0 != "#" }.hasSuffix(DoctorHub.path) && topics.isEmpty
        return appendingTopics(needsTopic ? [topic + "/quiet"] : topics, to: url)
    }

    private var requestHeaders: HTTPHeaders {
        var all = HTTPHeaders(headers.map { ($0.name, $0.value) })
        if let token { all.replaceOrAdd(name: "Authorization", value: "Bearer \(token)") }
        return all
    }

    private var sendsToken: Bool { token != nil || headers.contains { $0.name.lowercased() == "authorization" } }
    private var sendsCookies: Bool { headers.contains { $0.name.lowercased() == "cookie" } }

    private func readAuthorities() throws -> [NIOSSLCertificate] {
        guard let authorities else { return [] }
        do {
            return try NIOSSLCertificate.fromPEMFile(authorities)
        } catch {
            StandardError.write("cannot read certificates from \(authorities): \(error)")
            throw ExitCode(DoctorReport.Outcome.unasked.rawValue)
        }
    }
}
